package dev.sluice.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The endpoint and its page over HTTP, as a browser asks for them. */
class SluiceEndpointTest {

    private static final WebClient CLIENT = RunningApplication.plainClient();

    /** The server has memory of its own here, so that the numbers are those of the test. */
    private static RunningApplication application;

    @Configuration(proxyBeanMethods = false)
    static class Nothing {}

    @BeforeAll
    static void start() {
        application =
                RunningApplication.start(Nothing.class, "sluice.server.enabled=false", "sluice.client.enabled=false");
    }

    @AfterAll
    static void stop() {
        application.close();
    }

    @Test
    void saysWhatThePoolsHold() {
        BufferPool pool = application.pool();
        JsonNode before = endpoint();
        try (PooledBuffer small = pool.acquire(100);
                PooledBuffer large = pool.acquire(64 << 10)) {
            JsonNode json = endpoint();
            assertThat(json.at("/health/status").asString()).isEqualTo("UP");
            assertThat(json.at("/exhaustion/policy").asString()).isEqualTo("WAIT");
            assertThat(json.at("/budgets/0/name").asString()).isEqualTo("sluice");
            assertThat(json.at("/budgets/0/limitBytes").asLong()).isEqualTo(32 << 20);
            assertThat(json.at("/budgets/0/usedBytes").asLong())
                    .isEqualTo(pool.budget().used());
            assertThat(json.at("/budgets/0/inUseBytes").asInt()).isEqualTo(small.capacity() + large.capacity());
            assertThat(json.at("/budgets/0/pools/0").asString()).isEqualTo("sluice");
            assertThat(json.at("/pools/0/stats/buffersInUse").asInt()).isEqualTo(2);
            assertThat(json.at("/pools/0/sizes/0/capacity").asInt()).isEqualTo(112);
            assertThat(json.at("/pools/0/sizes/0/stats/buffersInUse").asInt()).isEqualTo(1);
            assertThat(json.at("/totals/buffersInUse").asInt()).isEqualTo(2);
            assertThat(difference(before, json, "/totals/acquisitions")).isEqualTo(2);
            assertThat(difference(before, json, "/totals/acquiredBytes")).isEqualTo(112 + (64 << 10));
            assertThat(json.at("/leases/detection").asString()).isEqualTo("SAMPLED");
            assertThat(json.at("/process/heapUsedBytes").asLong()).isPositive();
            assertThat(json.at("/process/pid").asLong())
                    .isEqualTo(ProcessHandle.current().pid());
        }
        assertThat(endpoint().at("/totals/buffersInUse").asInt()).isZero();
    }

    @Test
    void saysWhoHoldsAndWhoWaits() {
        BufferPool pool = application.pool();
        List<PooledBuffer> all = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            all.add(pool.acquire(4 << 20, "a holder"));
        }
        CompletableFuture<PooledBuffer> waiting = pool.request(64 << 10, null, "one who waits");
        JsonNode leases = endpoint().at("/leases");
        waiting.cancel(false);
        all.forEach(PooledBuffer::release);
        assertThat(leases.at("/oldest").size()).isEqualTo(8);
        assertThat(leases.at("/oldest/0/holder").asString()).isEqualTo("a holder");
        assertThat(leases.at("/oldest/0/pool").asString()).isEqualTo("sluice");
        assertThat(leases.at("/oldest/0/capacity").asInt()).isEqualTo(4 << 20);
        assertThat(leases.at("/waiting/0/holder").asString()).isEqualTo("one who waits");
        assertThat(leases.at("/waiting/0/size").asInt()).isEqualTo(64 << 10);
        assertThat(leases.at("/waiting/0/reason").asString())
                .isEqualTo("budget 'sluice' has used 33,554,432 of its 33,554,432 bytes");
    }

    /** The sample is what the page is developed against, so it has to have what the endpoint has, and no more. */
    @Test
    void theSampleHasTheSameShape() throws IOException {
        BufferPool pool = application.pool();
        try (InputStream file = SluiceEndpointTest.class.getResourceAsStream("/sluice-endpoint-sample.json");
                PooledBuffer lease = pool.acquire(100, "a holder")) {
            JsonNode sample = new JsonMapper().readTree(file);
            assertThat(shape(sample)).isEqualTo(shape(endpoint()));
            assertThat(lease.length()).isEqualTo(100);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "page, text/html, /dev/sluice/spring/boot/page/index.html",
        "page/, text/html, /dev/sluice/spring/boot/page/index.html",
        "app.js, text/javascript, /dev/sluice/spring/boot/page/app.js",
        "page/app.js, text/javascript, /dev/sluice/spring/boot/page/app.js",
        "style.css, text/css, /dev/sluice/spring/boot/page/style.css"
    })
    void servesItsPage(String path, String type, String resource) throws IOException {
        ResponseEntity<byte[]> answer = get("/actuator/sluice/" + path, MediaType.TEXT_HTML, MediaType.ALL);
        assertThat(answer.getStatusCode().value()).isEqualTo(200);
        assertThat(answer.getHeaders().getContentType()).hasToString(type + ";charset=UTF-8");
        try (InputStream file = SluicePage.class.getResourceAsStream(resource)) {
            assertThat(answer.getBody()).isEqualTo(file.readAllBytes());
        }
    }

    /** The charts are unpacked by the build; a jar always has them. */
    @Test
    void servesWhatItsPageLinksTo() {
        String page = new String(get("/actuator/sluice/page", MediaType.ALL).getBody(), StandardCharsets.UTF_8);
        List<String> links = Pattern.compile("(?:src|href)=\"([\\w.-]+)\"")
                .matcher(page)
                .results()
                .map(link -> link.group(1))
                .filter(link -> fromJar() || SluicePage.class.getResource("page/" + link) != null)
                .toList();
        assertThat(links).contains("app.js", "style.css");
        assertThat(links)
                .allSatisfy(link -> assertThat(get("/actuator/sluice/" + link, MediaType.ALL)
                                .getStatusCode()
                                .value())
                        .as(link)
                        .isEqualTo(200));
    }

    private static boolean fromJar() {
        return String.valueOf(SluicePage.class.getResource("SluicePage.class")).startsWith("jar:");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"nothing.js", "SluicePage.class", "page/page/app.js", "..%2FSluicePage.class", "%2e%2e%5Cx.html"
            })
    void servesNothingElse(String path) {
        assertThat(get("/actuator/sluice/" + path, MediaType.ALL)
                        .getStatusCode()
                        .is4xxClientError())
                .isTrue();
    }

    @Test
    void healthHasAPart() {
        JsonNode health = json("/actuator/health");
        assertThat(health.at("/components/sluice/status").asString()).isEqualTo("UP");
        assertThat(health.at("/components/sluice/details/budgets/0/limitBytes").asLong())
                .isPositive();
    }

    /** Paths of all members; those of list elements once. */
    private static SortedSet<String> shape(JsonNode node) {
        SortedSet<String> paths = new TreeSet<>();
        collect("", node, paths);
        return paths;
    }

    private static void collect(String path, JsonNode node, SortedSet<String> paths) {
        if (node.isObject()) {
            node.properties().forEach(member -> {
                String name = path + "/" + member.getKey();
                if (!path.endsWith("/children") && !path.startsWith("/leases/")) {
                    paths.add(name);
                }
                collect(name, member.getValue(), paths);
            });
        } else if (node.isArray()) {
            node.forEach(element -> collect(path, element, paths));
        }
    }

    private static long difference(JsonNode before, JsonNode after, String pointer) {
        return after.at(pointer).asLong() - before.at(pointer).asLong();
    }

    private static JsonNode endpoint() {
        return json("/actuator/sluice");
    }

    private static JsonNode json(String path) {
        return new JsonMapper().readTree(get(path, MediaType.APPLICATION_JSON).getBody());
    }

    private static ResponseEntity<byte[]> get(String path, MediaType... accepted) {
        return CLIENT.get()
                .uri(URI.create(application.url(path)))
                .accept(accepted)
                .retrieve()
                .onStatus(status -> true, answer -> Mono.empty())
                .toEntity(byte[].class)
                .block(RunningApplication.PATIENCE);
    }
}
