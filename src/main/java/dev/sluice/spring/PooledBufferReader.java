package dev.sluice.spring;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.WaitPolicy;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.core.ResolvableType;
import org.springframework.http.HttpRequest;
import org.springframework.http.MediaType;
import org.springframework.http.ReactiveHttpInputMessage;
import org.springframework.http.codec.HttpMessageReader;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Reads a body of any media type as leases: of the pool of the request, where {@link BufferBudgetFilter} chose one, or
 * else of its own.
 *
 * <p>WebFlux asks for the element type of a reactive parameter by its type argument. {@link BufferFlux} has none, so
 * what it asks for then is {@link ResolvableType#NONE}: that is claimed here as well. Nothing else asks for it but
 * other types without an argument, such as a {@code Completable}; for them the body is read, dropped and empty.
 */
final class PooledBufferReader implements HttpMessageReader<PooledBuffer> {

    private static final List<MediaType> MEDIA_TYPES = List.of(MediaType.APPLICATION_OCTET_STREAM, MediaType.ALL);

    /** What errors call the bytes that a client has sent: {@link BufferErrorHandler} tells by that who is at fault. */
    static final String REQUEST_BODY = "the request body";

    private final BufferPool pool;
    private final int maxInMemoryBytes;

    PooledBufferReader(BufferPool pool, int maxInMemoryBytes) {
        this.pool = pool;
        this.maxInMemoryBytes = maxInMemoryBytes;
    }

    @Override
    public List<MediaType> getReadableMediaTypes() {
        return MEDIA_TYPES;
    }

    @Override
    public boolean canRead(ResolvableType elementType, @Nullable MediaType mediaType) {
        return elementType == ResolvableType.NONE || PooledBuffer.class.isAssignableFrom(elementType.toClass());
    }

    @Override
    public Flux<PooledBuffer> read(
            ResolvableType elementType, ReactiveHttpInputMessage message, Map<String, Object> hints) {
        RequestBudget budget = message instanceof HttpRequest request ? RequestBudget.of(request) : null;
        String name = message instanceof ServerHttpRequest ? REQUEST_BODY : "the response body";
        if (budget == null) {
            return DataBuffers.toBufferFlux(name, message.getBody(), pool);
        }
        BufferFlux body = DataBuffers.toBufferFlux(name, message.getBody(), budget.pool());
        WaitPolicy waiting = budget.limits().waiting();
        return waiting.mode() == WaitPolicy.Mode.WAIT ? body : body.waiting(waiting); // which a handler may say as well
    }

    @Override
    public Mono<PooledBuffer> readMono(
            ResolvableType elementType, ReactiveHttpInputMessage message, Map<String, Object> hints) {
        return BufferFlux.from(read(elementType, message, hints)).join(maxInMemoryBytes);
    }

    @Override
    public Mono<PooledBuffer> readMono(
            ResolvableType actualType,
            ResolvableType elementType,
            ServerHttpRequest request,
            ServerHttpResponse response,
            Map<String, Object> hints) {
        return elementType == ResolvableType.NONE
                ? BufferFlux.from(read(elementType, request, hints))
                        .<PooledBuffer>consume(buffer -> null)
                        .then(Mono.empty())
                : readMono(elementType, request, hints);
    }
}
