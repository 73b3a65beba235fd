package dev.sluice.spring;

import static dev.sluice.spring.Messages.message;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import java.util.Objects;
import org.reactivestreams.Publisher;
import org.springframework.core.ReactiveAdapterRegistry;
import org.springframework.core.ReactiveTypeDescriptor;
import org.springframework.http.codec.CodecConfigurer;
import org.springframework.util.Assert;
import reactor.core.publisher.Flux;

/**
 * Lets WebFlux and {@code WebClient} read and write bodies as {@link PooledBuffer}s.
 *
 * <table>
 * <caption>What a handler or client can say</caption>
 * <tr><th>for</th><th>say</th></tr>
 * <tr><td>a request body</td><td>{@code @RequestBody BufferFlux}, {@code Flux<PooledBuffer>} or {@code
 * Mono<PooledBuffer>}, also in an {@code HttpEntity}</td></tr>
 * <tr><td>a part of a multipart body</td><td>{@code @RequestPart Mono<PooledBuffer>} or {@code BufferFlux}: a buffer
 * for each part of that name; a {@code Part}, whose {@code content()} goes through {@link DataBuffers#toBufferFlux}, is
 * not bounded in length</td></tr>
 * <tr><td>a response body</td><td>{@code Flux<PooledBuffer>}, {@code Mono<PooledBuffer>}; with {@link
 * BufferFluxResultHandler}, also {@code BufferFlux}; each also in a {@code ResponseEntity}</td></tr>
 * <tr><td>a functional endpoint</td><td>{@code request.bodyToFlux(PooledBuffer.class)}, {@code
 * ServerResponse.ok().body(buffers, PooledBuffer.class)}</td></tr>
 * <tr><td>{@code WebClient}</td><td>{@code body(buffers, PooledBuffer.class)}, {@code bodyToFlux(PooledBuffer.class)},
 * {@code bodyToMono(PooledBuffer.class)}</td></tr>
 * </table>
 *
 * <p>The reader of a buffer releases it; the writer releases those that are written. A {@code
 * Mono<PooledBuffer>} joins the body, up to the limit that {@link #register(CodecConfigurer, BufferPool, int)} sets.
 *
 * <p>All media types are read and written; {@code Content-Length} is set where one buffer is the body, and is the
 * handler's to set otherwise.
 */
public final class PooledBufferCodecs {

    private static final int DEFAULT_MAX_IN_MEMORY_BYTES = 256 << 10;

    private PooledBufferCodecs() {}

    /**
     * Registers a reader and a writer, with 256 KiB for a body that is read as one buffer.
     *
     * @param codecs of a server, a client or both
     * @param pool where the memory for bodies comes from that are not the pool's already, unless {@link
     *     BufferBudgetFilter} chose another for a request
     */
    public static void register(CodecConfigurer codecs, BufferPool pool) {
        register(codecs, pool, DEFAULT_MAX_IN_MEMORY_BYTES);
    }

    /**
     * Registers a reader and a writer.
     *
     * @param codecs of a server, a client or both
     * @param pool where the memory for bodies comes from that are not the pool's already, unless {@link
     *     BufferBudgetFilter} chose another for a request
     * @param maxInMemoryBytes how long a body that is read as one buffer may be, at least 1; a longer one ends in
     *     {@link dev.sluice.flux.ByteLimitException}
     * @throws IllegalArgumentException if the limit is below 1
     */
    public static void register(CodecConfigurer codecs, BufferPool pool, int maxInMemoryBytes) {
        Objects.requireNonNull(pool, "pool");
        Assert.isTrue(
                maxInMemoryBytes >= 1, () -> message("maxInMemoryBytes must be at least 1, not %,d", maxInMemoryBytes));
        codecs.customCodecs().register(new PooledBufferReader(pool, maxInMemoryBytes));
        codecs.customCodecs().register(new PooledBufferEventWriter());
        codecs.customCodecs().register(new PooledBufferWriter());
    }

    /**
     * Lets WebFlux make a {@link BufferFlux} of a body, for parameters of that type. Once for each registry: {@code
     * ReactiveAdapterRegistry.getSharedInstance()}, or the bean {@code webFluxAdapterRegistry}.
     *
     * @param registry knows the reactive types of parameters and results
     */
    public static void register(ReactiveAdapterRegistry registry) {
        registry.registerReactiveTypeOverride(
                ReactiveTypeDescriptor.multiValue(BufferFlux.class, () -> BufferFlux.from(Flux.empty())),
                source -> (BufferFlux) source,
                PooledBufferCodecs::asBufferFlux);
    }

    /** What the reader above made, whose elements are buffers, whatever WebFlux put around it. */
    @SuppressWarnings("unchecked")
    private static BufferFlux asBufferFlux(Publisher<?> buffers) {
        return BufferFlux.from((Publisher<PooledBuffer>) buffers);
    }
}
