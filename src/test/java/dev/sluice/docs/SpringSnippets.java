package dev.sluice.docs;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import dev.sluice.spring.BudgetResolver;
import dev.sluice.spring.BufferLimits;
import dev.sluice.spring.DataBuffers;
import dev.sluice.spring.PooledBufferCodecs;
import dev.sluice.spring.PooledDataBufferFactory;
import java.nio.file.Path;
import java.time.Duration;
import org.springframework.core.ReactiveAdapterRegistry;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.http.ReactiveHttpOutputMessage;
import org.springframework.http.codec.ServerCodecConfigurer;
import org.springframework.http.codec.multipart.FilePart;
import org.springframework.http.server.reactive.TomcatHttpHandlerAdapter;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.socket.WebSocketMessage;
import org.springframework.web.reactive.socket.WebSocketSession;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The code of {@code docs/databuffers.md}. */
final class SpringSnippets {

    private SpringSnippets() {}

    static Mono<Long> toBuffers(Flux<DataBuffer> body, BufferPool pool, Path file) {
        // tag::toBuffers
        BufferFlux buffers = DataBuffers.toBufferFlux(body, pool);
        return buffers.writeTo(file);
        // end::toBuffers
    }

    static Mono<Void> toDataBuffers(Path file, BufferPool pool, ReactiveHttpOutputMessage message) {
        // tag::toDataBuffers
        Flux<DataBuffer> body = DataBuffers.toDataBuffers(BufferFlux.read(file, pool), message.bufferFactory(), 16);
        return message.writeWith(body);
        // end::toDataBuffers
    }

    static String factory(BufferPool pool) {
        // tag::factory
        PooledDataBufferFactory factory = new PooledDataBufferFactory(pool, 4 << 20); // bytes beside the pool, at most
        DataBuffer buffer = factory.allocateBuffer(1024);
        try {
            return buffer.write("text", UTF_8).toString(UTF_8);
        } finally {
            DataBufferUtils.release(buffer);
        }
        // end::factory
    }

    static void tomcat(TomcatHttpHandlerAdapter servlet, BufferPool pool) {
        // tag::tomcat
        servlet.setDataBufferFactory(new PooledDataBufferFactory(pool, 4 << 20));
        // end::tomcat
    }

    static void codecs(ServerCodecConfigurer codecs, ReactiveAdapterRegistry registry, BufferPool pool) {
        // tag::codecs
        PooledBufferCodecs.register(codecs, pool); // in WebFluxConfigurer.configureHttpMessageCodecs
        PooledBufferCodecs.register(registry); // once, for parameters of type BufferFlux
        // end::codecs
    }

    static final class Uploads {

        private final Path dir;

        Uploads(Path dir) {
            this.dir = dir;
        }

        // tag::controller
        @PostMapping("/uploads")
        Mono<String> upload(@RequestBody BufferFlux body) {
            return body.gunzip().writeTo(dir.resolve("upload")).map(bytes -> bytes + " bytes");
        }
        // end::controller
    }

    static Flux<PooledBuffer> client(WebClient client, BufferPool pool, Path file) {
        // tag::client
        WebClient pooled = client.mutate()
                .codecs(codecs -> PooledBufferCodecs.register(codecs, pool))
                .build();
        return pooled.post()
                .uri("/convert")
                .body(BufferFlux.read(file, pool), PooledBuffer.class)
                .retrieve()
                .bodyToFlux(PooledBuffer.class);
        // end::client
    }

    static Mono<byte[]> part(FilePart part, BufferPool pool) {
        // tag::part
        return DataBuffers.toBufferFlux(part.content(), pool).digest("SHA-256");
        // end::part
    }

    static Mono<Void> socket(WebSocketSession session, BufferPool pool) {
        // tag::socket
        BufferFlux received = DataBuffers.toBufferFlux(
                session.receive().map(message -> DataBufferUtils.retain(message.getPayload())), pool);
        return session.send(DataBuffers.toDataBuffers(received, session.bufferFactory())
                .map(buffer -> new WebSocketMessage(WebSocketMessage.Type.BINARY, buffer)));
        // end::socket
    }

    static Mono<Void> socketOnTomcat(WebSocketSession session, BufferFlux received) {
        // tag::socketOnTomcat
        return session.send(received.consume(buffer ->
                session.binaryMessage(ignored -> DefaultDataBufferFactory.sharedInstance.wrap(buffer.toByteArray()))));
        // end::socketOnTomcat
    }

    static BudgetResolver budgets(BufferPool pool) {
        // tag::budgets
        BufferLimits limits = BufferLimits.DEFAULTS
                .waitingAtMost(Duration.ofSeconds(5))
                .withRetryAfter(Duration.ofSeconds(2))
                .withMaxBody(1L << 30);
        return BudgetResolver.routes(pool, limits)
                .path("/thumbnails/**", BufferLimits.DEFAULTS.refusing().withMaxBody(10 << 20))
                .path("/imports/**", 64L << 20, limits) // all imports together: 64 MiB of the pool's budget
                .tenants("X-Tenant", 16L << 20, 100, limits) // each tenant: 16 MiB of it
                .build();
        // end::budgets
    }
}
