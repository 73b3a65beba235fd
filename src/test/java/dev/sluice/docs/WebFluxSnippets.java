package dev.sluice.docs;

import dev.sluice.BufferPool;
import dev.sluice.MemoryBudget;
import dev.sluice.PoolEvent;
import dev.sluice.PoolListener;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import dev.sluice.spring.BudgetResolver;
import dev.sluice.spring.BufferLimits;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** The code of {@code docs/webflux.md}. */
final class WebFluxSnippets {

    private WebFluxSnippets() {}

    // tag::controller
    @RestController
    static class Files {

        private final Path directory;
        private final BufferPool pool;

        Files(Path directory, BufferPool pool) {
            this.directory = directory;
            this.pool = pool;
        }

        @PutMapping("/files/{name}")
        Mono<Long> upload(@PathVariable String name, @RequestBody BufferFlux body) {
            return body.writeTo(directory.resolve(name));
        }

        @GetMapping("/files/{name}")
        BufferFlux download(@PathVariable String name) {
            return BufferFlux.read(directory.resolve(name), pool);
        }

        @PostMapping("/lines")
        Mono<Long> lines(@RequestBody BufferFlux body) {
            return body.lines(StandardCharsets.UTF_8, 1 << 20).count();
        }
    }
    // end::controller

    static RouterFunction<ServerResponse> functional() {
        // tag::functional
        RouterFunction<ServerResponse> route = RouterFunctions.route()
                .POST("/gzip", request -> {
                    BufferFlux body = BufferFlux.from(request.bodyToFlux(PooledBuffer.class));
                    return ServerResponse.ok()
                            .header("Content-Encoding", "gzip")
                            .body(body.gzip(), PooledBuffer.class);
                })
                .build();
        // end::functional
        return route;
    }

    static Mono<Long> fetch(WebClient client, String url, Path target) {
        // tag::fetch
        Mono<Long> fetched = BufferFlux.from(client.get().uri(url).retrieve().bodyToFlux(PooledBuffer.class))
                .writeTo(target);
        // end::fetch
        return fetched;
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnBudgets {

        // tag::ownBudgets
        @Bean
        BudgetResolver budgets(BufferPool pool) {
            BufferLimits limits = BufferLimits.DEFAULTS.waitingAtMost(Duration.ofSeconds(2));
            return BudgetResolver.routes(pool, limits)
                    .path("/search/**", limits.refusing())
                    .path("/uploads/**", 64L << 20, limits.withMaxBody(1L << 30))
                    .build();
        }
        // end::ownBudgets
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnBudget {

        // tag::ownBudget
        @Bean
        MemoryBudget process() {
            return MemoryBudget.of("process", 512L << 20);
        }

        @Bean
        BufferPool pool(MemoryBudget process) {
            return BufferPool.builder()
                    .name("web")
                    .budget(process.child("web", 384L << 20))
                    .build();
        }
        // end::ownBudget
    }

    static PoolListener listener(Consumer<String> log) {
        // tag::listener
        PoolListener listener = new PoolListener() {
            @Override
            public void leaked(PoolEvent.Leaked event) {
                log.accept(event.report().toString());
            }
        };
        // end::listener
        return listener;
    }
}
