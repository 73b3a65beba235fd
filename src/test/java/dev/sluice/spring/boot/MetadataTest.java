package dev.sluice.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.DataObjectPropertyName;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Holds what the jar tells an IDE of the properties to what there is, and the table of {@code docs/webflux.md} to that. With
 * {@code -Ddocs.write=true}, the table is written.
 */
class MetadataTest {

    private static final Path PAGE = Path.of("docs", "webflux.md");
    private static final String BEGIN = "<!-- properties: written by MetadataTest -->";
    private static final String END = "<!-- end of properties -->";

    /** What is known of a property. */
    private record Property(String description, String defaultValue) {}

    @Test
    void everyPropertyIsDescribed() throws IOException {
        Map<String, Property> described = metadata();
        List<String> names = new ArrayList<>(Stream.of("access", "cache.time-to-live")
                .map("management.endpoint.sluice."::concat)
                .toList());
        names.add("management.health.sluice.enabled");
        collect("sluice", SluiceProperties.class, names);
        assertThat(described.keySet()).containsExactlyInAnyOrderElementsOf(names);
        assertThat(described.values())
                .allSatisfy(property -> assertThat(property.description).endsWith("."));
    }

    @Test
    void theTableSaysWhatTheMetadataSays() throws IOException {
        List<String> table = new ArrayList<>(List.of("", "| property | default | |", "|---|---|---|"));
        metadata()
                .forEach((name, property) -> table.add("| `%s` | %s | %s |"
                        .formatted(
                                name,
                                property.defaultValue.isEmpty() ? "" : "`" + property.defaultValue + "`",
                                property.description)));
        String expected = String.join("\n", table) + "\n";
        String page = Files.readString(PAGE);
        int from = page.indexOf(BEGIN) + BEGIN.length();
        int to = page.indexOf(END);
        if (Boolean.getBoolean("docs.write")) {
            page = page.substring(0, from) + expected + page.substring(to);
            Files.writeString(PAGE, page);
            to = page.indexOf(END);
        }
        assertThat(page.substring(from, to))
                .as("%s; -Ddocs.write=true writes it", PAGE)
                .isEqualTo(expected);
    }

    private static void collect(String prefix, Class<?> type, List<String> names) {
        for (RecordComponent component : type.getRecordComponents()) {
            String name = prefix + "." + DataObjectPropertyName.toDashedForm(component.getName());
            if (component.getType().isRecord()) {
                collect(name, component.getType(), names);
            } else {
                names.add(name);
            }
        }
    }

    /** Sorted by name. Where annotation processors have not run, there is none; a jar always has it. */
    private static Map<String, Property> metadata() throws IOException {
        Optional<JsonNode> metadata = ours();
        assumeTrue(
                metadata.isPresent()
                        || SluiceProperties.class
                                .getProtectionDomain()
                                .getCodeSource()
                                .getLocation()
                                .getPath()
                                .endsWith(".jar"),
                "compiled without annotation processors");
        assertThat(metadata).as("metadata in the jar").isPresent();
        Map<String, Property> properties = new TreeMap<>();
        for (JsonNode property : metadata.get().get("properties")) {
            properties.put(
                    property.get("name").asString(),
                    new Property(
                            property.path("description").asString(""),
                            property.path("defaultValue").asString("")));
        }
        return properties;
    }

    private static Optional<JsonNode> ours() throws IOException {
        List<URL> all = Collections.list(
                MetadataTest.class.getClassLoader().getResources("META-INF/spring-configuration-metadata.json"));
        for (URL file : all) {
            try (var content = file.openStream()) {
                String json = new String(content.readAllBytes(), StandardCharsets.UTF_8);
                if (json.contains(SluiceProperties.class.getName())) {
                    return Optional.of(new JsonMapper().readTree(json));
                }
            }
        }
        return Optional.empty();
    }
}
