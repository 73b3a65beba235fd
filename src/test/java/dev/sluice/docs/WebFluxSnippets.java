package dev.sluice.docs;

import dev.sluice.BufferPool;
import dev.sluice.MemoryBudget;
import dev.sluice.PoolEvent;
import dev.sluice.PoolListener;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import dev.sluice.spring.BudgetResolver;
import dev.sluice.spring.BufferBudgetFilter;
import dev.sluice.spring.BufferErrorHandler;
import dev.sluice.spring.BufferLimits;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.http.codec.ServerCodecConfigurer;
import org.springframework.http.codec.ServerSentEvent;
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
import org.springframework.web.server.ResponseStatusException;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The code of {@code docs/webflux.md}. */
final class WebFluxSnippets {

    private WebFluxSnippets() {}

    // tag::controller
    @RestController
    static class Files {

        private static final Pattern NAME = Pattern.compile("[\\p{L}\\p{N}_][\\p{L}\\p{N} ._-]{0,99}");

        private final Path directory;
        private final BufferPool pool;

        Files(Path directory, BufferPool pool) {
            this.directory = directory;
            this.pool = pool;
        }

        /** A name is one of a file in the directory: it has no separator, and does not begin with a dot. */
        private Path file(String name) {
            if (!NAME.matcher(name).matches()) {
                throw new ResponseStatusException(HttpStatus.BAD_REQUEST, "not a name of a file");
            }
            return directory.resolve(name);
        }

        @PutMapping("/files/{name}")
        Mono<Long> upload(@PathVariable String name, @RequestBody BufferFlux body) {
            return body.writeTo(file(name));
        }

        @GetMapping("/files/{name}")
        BufferFlux download(@PathVariable String name) {
            return BufferFlux.read(file(name), pool);
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

    static Flux<ServerSentEvent<PooledBuffer>> events(BufferFlux records) {
        // tag::events
        Flux<ServerSentEvent<PooledBuffer>> events = records.map(
                record -> ServerSentEvent.<PooledBuffer>builder().data(record).build());
        // end::events
        return events;
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnAnswers {

        // tag::ownAnswers
        @Bean
        BufferBudgetFilter budgetFilter(BudgetResolver budgets, ServerCodecConfigurer codecs) {
            BufferErrorHandler errors = new BufferErrorHandler()
                    .withMapping((exchange, error) -> error instanceof AccessDeniedException
                            ? ProblemDetail.forStatus(HttpStatus.FORBIDDEN)
                            : null);
            return new BufferBudgetFilter(budgets, codecs).withErrors(errors).withOrder(-40);
        }
        // end::ownAnswers
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
