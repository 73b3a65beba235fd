package dev.sluice.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import dev.sluice.spring.BudgetResolver;
import dev.sluice.spring.BufferLimits;
import dev.sluice.spring.RequestBudget;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.Bean;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.core.io.Resource;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/** Requests to controllers, with memory and without. */
class RequestsTest {

    private static final WebClient CLIENT = RunningApplication.plainClient();
    private static final int MIB = 1 << 20;

    @Test
    void controllersTakeAndGiveBuffers() {
        try (RunningApplication application = RunningApplication.start(Controller.class)) {
            assertThat(post(application, "/length", new byte[MIB]).getBody()).isEqualTo("1048576");
            assertThat(post(application, "/echo", new byte[MIB]).getBody()).hasSize(MIB);
        }
    }

    @Test
    void resourcesAreReadInChunks() {
        try (RunningApplication application = RunningApplication.start(Controller.class, "sluice.chunk-size=1MB")) {
            byte[] resource = CLIENT.get()
                    .uri(application.url("/resource"))
                    .retrieve()
                    .bodyToMono(byte[].class)
                    .block(RunningApplication.PATIENCE);
            assertThat(resource).hasSize(3 * MIB);
            assertThat(application.pool().statsBySize().get(MIB).totalAcquisitions())
                    .isGreaterThanOrEqualTo(3);
        }
    }

    @Test
    void aBodyInOneBufferHasTheLimitOfTheCodecs() {
        try (RunningApplication application = RunningApplication.start(Controller.class)) {
            assertThat(post(application, "/joined", new byte[256 << 10]).getBody())
                    .isEqualTo("262144");
            assertThat(post(application, "/joined", new byte[MIB])
                            .getStatusCode()
                            .value())
                    .isEqualTo(413);
        }
        try (RunningApplication application =
                RunningApplication.start(Controller.class, "spring.http.codecs.max-in-memory-size=-1")) {
            assertThat(post(application, "/joined", new byte[MIB]).getBody()).isEqualTo("1048576");
        }
    }

    @Test
    void tooLargeABodyIsAnsweredWith413() {
        try (RunningApplication application = RunningApplication.start(Controller.class, "sluice.max-body-bytes=1KB")) {
            assertThat(post(application, "/length", new byte[1024]).getBody()).isEqualTo("1024");
            ResponseEntity<String> refused = post(application, "/length", new byte[1025]);
            assertThat(refused.getStatusCode().value()).isEqualTo(413);
            assertThat(refused.getBody()).contains("\"limitBytes\":1024", "\"lengthBytes\":1025");
        }
    }

    @Test
    void refusesWhereMemoryIsShort() {
        try (RunningApplication application = RunningApplication.start(
                Controller.class,
                "sluice.exhaustion.policy=refuse",
                "sluice.exhaustion.retry-after=7s",
                "sluice.exhaustion.admission-bytes=64KB")) {
            List<PooledBuffer> all = takeAll(application.pool());
            ResponseEntity<String> refused = post(application, "/length", new byte[1024]);
            all.forEach(PooledBuffer::release);
            assertThat(refused.getStatusCode().value()).isEqualTo(503);
            assertThat(refused.getHeaders().getFirst("Retry-After")).isEqualTo("7");
            assertThat(post(application, "/length", new byte[1024]).getBody()).isEqualTo("1024");
        }
    }

    @Test
    void refusesAtTheDeadline() {
        try (RunningApplication application = RunningApplication.start(
                Controller.class,
                "sluice.exhaustion.policy=deadline",
                "sluice.exhaustion.deadline=50ms",
                "sluice.exhaustion.admission-bytes=64KB")) {
            List<PooledBuffer> all = takeAll(application.pool());
            ResponseEntity<String> refused = post(application, "/length", new byte[1024]);
            all.forEach(PooledBuffer::release);
            assertThat(refused.getStatusCode().value()).isEqualTo(503);
            assertThat(refused.getHeaders().getFirst("Retry-After")).isEqualTo("1");
            SluiceDescriptor described =
                    application.context.getBean(SluiceEndpoint.class).sluice();
            assertThat(described.exhaustion()).isEqualTo(new SluiceDescriptor.Exhaustion("DEADLINE", 50L, 1, null));
        }
    }

    @Test
    void waitsAsLongAsItTakes() {
        try (RunningApplication application =
                RunningApplication.start(Controller.class, "sluice.exhaustion.admission-bytes=64KB")) {
            List<PooledBuffer> all = takeAll(application.pool());
            CompletableFuture<ResponseEntity<String>> answer =
                    exchange(application, "/length", new byte[1024], Map.of()).toFuture();
            RunningApplication.eventually(() -> application.pool().stats().pending() > 0, application.pool());
            assertThat(answer).isNotDone();
            all.forEach(PooledBuffer::release);
            assertThat(answer).succeedsWithin(RunningApplication.PATIENCE);
            assertThat(answer.join().getBody()).isEqualTo("1024");
        }
    }

    @Test
    void routesAndTenantsHaveBudgetsOfTheirOwn() {
        try (RunningApplication application = RunningApplication.start(
                Controller.class,
                "sluice.routes.uploads.path=/uploads/**",
                "sluice.routes.uploads.max-bytes=1MB",
                "sluice.tenants.header=X-Tenant",
                "sluice.tenants.max-bytes=2MB",
                "sluice.tenants.limits.gold=4MB")) {
            assertThat(budgetOf(application, "/budget", Map.of())).isEqualTo("sluice 33554432");
            assertThat(budgetOf(application, "/uploads/budget", Map.of())).isEqualTo("/uploads/** 1048576");
            assertThat(budgetOf(application, "/uploads/budget", Map.of("X-Tenant", "gold")))
                    .isEqualTo("/uploads/** 1048576");
            assertThat(budgetOf(application, "/budget", Map.of("X-Tenant", "gold")))
                    .isEqualTo("X-Tenant gold 4194304");
            assertThat(budgetOf(application, "/budget", Map.of("X-Tenant", "free")))
                    .isEqualTo("X-Tenant free 2097152");

            SluiceDescriptor described =
                    application.context.getBean(SluiceEndpoint.class).sluice();
            assertThat(described.budgets().get(0).children())
                    .extracting(SluiceDescriptor.Budget::name, SluiceDescriptor.Budget::limitBytes)
                    .extracting(tuple -> entry(tuple.toArray()[0], tuple.toArray()[1]))
                    .containsExactlyInAnyOrder(
                            entry("/uploads/**", 1L << 20),
                            entry("X-Tenant gold", 4L << 20),
                            entry("X-Tenant free", 2L << 20),
                            entry("X-Tenant (others)", 2L << 20));
        }
    }

    @Test
    void anApplicationsResolverChooses() {
        try (RunningApplication application = RunningApplication.start(OwnResolver.class)) {
            assertThat(budgetOf(application, "/budget", Map.of())).isEqualTo("mine 1048576");
        }
    }

    private static List<PooledBuffer> takeAll(BufferPool pool) {
        List<PooledBuffer> all = new ArrayList<>();
        for (int size = 4 << 20; size >= 64; size /= 2) {
            int each = size;
            while (pool.tryAcquire(each).map(all::add).orElse(false)) {
                assertThat(all).hasSizeLessThan(1_000_000);
            }
        }
        return all;
    }

    private static String budgetOf(RunningApplication application, String path, Map<String, String> headers) {
        return exchange(application, path, new byte[1], headers)
                .block(RunningApplication.PATIENCE)
                .getBody();
    }

    private static ResponseEntity<String> post(RunningApplication application, String path, byte[] body) {
        return exchange(application, path, body, Map.of()).block(RunningApplication.PATIENCE);
    }

    private static Mono<ResponseEntity<String>> exchange(
            RunningApplication application, String path, byte[] body, Map<String, String> headers) {
        return CLIENT.post()
                .uri(application.url(path))
                .headers(all -> headers.forEach(all::set))
                .bodyValue(body)
                .exchangeToMono(answer -> answer.toEntity(String.class));
    }

    @RestController
    static class Controller {

        @PostMapping("/length")
        Mono<String> length(@RequestBody BufferFlux body) {
            return body.consume(PooledBuffer::length).reduce(0, Integer::sum).map(String::valueOf);
        }

        @PostMapping("/joined")
        Mono<String> joined(@RequestBody Mono<PooledBuffer> body) {
            return body.map(buffer -> {
                try (buffer) {
                    return String.valueOf(buffer.length());
                }
            });
        }

        @PostMapping("/echo")
        BufferFlux echo(@RequestBody BufferFlux body) {
            return body;
        }

        @GetMapping("/resource")
        Resource resource() {
            return new ByteArrayResource(new byte[3 * MIB]);
        }

        @PostMapping({"/budget", "/uploads/budget"})
        String budget(ServerWebExchange exchange) {
            return RequestBudget.of(exchange)
                    .map(budget -> budget.pool().budget())
                    .map(budget -> budget.name() + " " + budget.limit())
                    .orElse("none");
        }
    }

    static class OwnResolver extends Controller {

        @Bean
        BudgetResolver mine() {
            return BudgetResolver.fixed(
                    BufferPool.builder().name("mine").maxBytes(MIB).build(), BufferLimits.DEFAULTS);
        }
    }
}
