package dev.sluice.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Meter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;

/**
 * Holds the dashboard, the alert rules and {@code docs/metrics.md} to what Prometheus gets. With {@code -Ddocs.write=true},
 * the table of the meters is written.
 */
class MonitoringTest {

    private static final Path DASHBOARD = Path.of("docs", "grafana", "sluice.json");
    private static final Path RULES = Path.of("docs", "prometheus", "sluice-rules.yml");
    private static final Path PAGE = Path.of("docs", "metrics.md");
    private static final String BEGIN = "<!-- meters: written by MonitoringTest -->";
    private static final String END = "<!-- end of meters -->";

    private static final Pattern METRIC = Pattern.compile("sluice_[a-z_]+");
    private static final Pattern MATCHER = Pattern.compile("([a-z]+)=~?\"");
    private static final Pattern GROUPING = Pattern.compile("by \\(([a-z, ]+)\\)");
    private static final Pattern OUTCOME = Pattern.compile("outcome=~?\"([a-z_|]+)\"");
    private static final Pattern HEADING = Pattern.compile("(?m)^### (Sluice\\w+)$");

    private static Set<String> exported;
    private static PrometheusMeterRegistry registry;

    @BeforeAll
    static void scrape() {
        registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        try (PoolAtWork at = new PoolAtWork()) {
            PoolMetrics.of(at.pool).bindTo(registry);
            at.work();
            Set<String> documented = new TreeSet<>();
            for (PoolMeter meter : PoolMeter.values()) {
                documented.addAll(Scrape.seriesOf(registry, meter));
            }
            for (int i = 0; i < 60_000 && !Scrape.of(registry).names().containsAll(documented); i++) {
                LockSupport.parkNanos(1_000_000); // events come on a thread of their own
            }
            exported = Scrape.of(registry).names();
        }
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> load(Path file) throws IOException {
        return (Map<String, Object>) new Yaml().load(Files.readString(file));
    }

    @SuppressWarnings("unchecked")
    private static List<Map<String, Object>> list(Object value) {
        return (List<Map<String, Object>>) value;
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> map(Object value) {
        return (Map<String, Object>) value;
    }

    private static List<Map<String, Object>> rules() throws IOException {
        List<Map<String, Object>> groups = list(load(RULES).get("groups"));
        assertThat(groups).hasSize(1);
        return list(groups.get(0).get("rules"));
    }

    private static List<Map<String, Object>> panels() throws IOException {
        return list(load(DASHBOARD).get("panels"));
    }

    private static List<String> queries() throws IOException {
        List<String> queries = new ArrayList<>();
        for (Map<String, Object> panel : panels()) {
            list(panel.get("targets")).forEach(target -> queries.add((String) target.get("expr")));
        }
        for (Map<String, Object> variable :
                list(map(load(DASHBOARD).get("templating")).get("list"))) {
            queries.add((String) variable.get("query"));
        }
        queries.remove("prometheus");
        return queries;
    }

    private static void verifyQuery(String query) {
        assertThat(names(METRIC, query)).as("metrics of %s", query).isNotEmpty().allMatch(exported::contains);
        assertThat(List.of("pool", "size", "outcome", "le"))
                .as("labels of %s", query)
                .containsAll(names(MATCHER, query))
                .containsAll(names(GROUPING, query));
        assertThat(List.of("granted", "cancelled", "timed_out", "closed", "refused"))
                .as("outcomes of %s", query)
                .containsAll(names(OUTCOME, query));
        for (String pair : List.of("()", "{}", "[]")) {
            assertThat(query.chars().filter(c -> c == pair.charAt(0)).count())
                    .as("%s of %s", pair, query)
                    .isEqualTo(query.chars().filter(c -> c == pair.charAt(1)).count());
        }
    }

    private static Set<String> names(Pattern pattern, String query) {
        return pattern.matcher(query)
                .results()
                .map(found -> found.groupCount() == 0 ? found.group() : found.group(1))
                .flatMap(found -> List.of(found.split("[,| ]+")).stream())
                .collect(Collectors.toSet());
    }

    @Test
    void rulesAskForWhatIsExported() throws IOException {
        for (Map<String, Object> rule : rules()) {
            assertThat((String) rule.get("alert")).matches("Sluice[A-Za-z]+");
            verifyQuery((String) rule.get("expr"));
            assertThat((String) map(rule.get("labels")).get("severity")).isIn("warning", "critical");
            assertThat(map(rule.get("annotations"))).containsOnlyKeys("summary", "description");
            assertThat(rule.getOrDefault("for", "0m").toString()).matches("\\d+m");
        }
    }

    @Test
    void everyAlertIsExplained() throws IOException {
        List<String> explained = HEADING.matcher(Files.readString(PAGE))
                .results()
                .map(heading -> heading.group(1))
                .toList();
        assertThat(explained)
                .isEqualTo(rules().stream().map(rule -> rule.get("alert")).toList());
    }

    @Test
    void theDashboardAsksForWhatIsExported() throws IOException {
        queries().forEach(MonitoringTest::verifyQuery);
        Set<String> asked = queries().stream()
                .flatMap(query -> names(METRIC, query).stream())
                .collect(Collectors.toSet());
        assertThat(asked).hasSizeGreaterThan(12);
    }

    @Test
    void theDashboardIsWellFormed() throws IOException {
        assertThat(Files.readString(DASHBOARD)).doesNotContainPattern(",\\s*[}\\]]"); // YAML would take it, JSON not
        Set<Object> ids = new TreeSet<>();
        Set<List<Integer>> cells = new HashSet<>();
        for (Map<String, Object> panel : panels()) {
            assertThat(ids.add(panel.get("id")))
                    .as("id of %s", panel.get("title"))
                    .isTrue();
            assertThat((String) panel.get("description")).isNotBlank();
            Map<String, Object> at = map(panel.get("gridPos"));
            for (int x = (int) at.get("x"); x < (int) at.get("x") + (int) at.get("w"); x++) {
                for (int y = (int) at.get("y"); y < (int) at.get("y") + (int) at.get("h"); y++) {
                    assertThat(x).isLessThan(24);
                    assertThat(cells.add(List.of(x, y)))
                            .as("%s covers another", panel.get("title"))
                            .isTrue();
                }
            }
        }
        assertThat(load(DASHBOARD)).containsEntry("uid", "sluice");
    }

    @Test
    void theTableIsTheEnum() throws IOException {
        List<String> table = new ArrayList<>(
                List.of("| Micrometer | Prometheus | type | unit | tags | says |", "|---|---|---|---|---|---|"));
        for (PoolMeter meter : PoolMeter.values()) {
            table.add("| `%s` | `%s` | %s | %s | %s | %s |"
                    .formatted(
                            meter.meterName(),
                            Scrape.nameOf(registry, meter),
                            meter.type() == Meter.Type.TIMER
                                    ? "timer, histogram"
                                    : meter.type().name().toLowerCase(Locale.ROOT),
                            meter.baseUnit() == null ? "" : meter.baseUnit(),
                            meter.tags().stream().map(tag -> "`" + tag + "`").collect(Collectors.joining(", ")),
                            meter.description()));
        }
        String page = Files.readString(PAGE);
        int from = page.indexOf(BEGIN) + BEGIN.length();
        int to = page.indexOf(END);
        String expected = "\n" + String.join("\n", table) + "\n";
        if (Boolean.getBoolean("docs.write")) {
            page = page.substring(0, from) + expected + page.substring(to);
            Files.writeString(PAGE, page);
            to = page.indexOf(END);
        }
        assertThat(page.substring(from, to))
                .as("%s; -Ddocs.write=true writes it", PAGE)
                .isEqualTo(expected);
    }
}
