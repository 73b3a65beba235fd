package dev.sluice.spring;

import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.springframework.core.ResolvableType;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ReactiveHttpOutputMessage;
import org.springframework.http.codec.EncoderHttpMessageWriter;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import reactor.core.publisher.Mono;

/**
 * Writes leases as a body of any media type, {@code application/octet-stream} by default.
 *
 * <p>A server, and a client on reactor-netty, release each buffer when it is written: so nothing is copied, and no more
 * than some are out at a time. A decorator of theirs may collect the buffers first, so there the demand alone is the
 * bound. Other clients do not release what they are given, as that of the JDK with Spring 7.0: they get copies on the
 * heap.
 *
 * <p>A {@code BufferFlux} of known length answers HEAD without being read, and a {@code Range} with that part. A
 * sequence of buffers is refused for media types in which each element is a message, before anything of it is read.
 */
final class PooledBufferWriter extends EncoderHttpMessageWriter<PooledBuffer> {

    /** In these, each element of a sequence is a message. */
    private static final List<MediaType> FRAMED = List.of(
            MediaType.TEXT_EVENT_STREAM,
            MediaType.APPLICATION_NDJSON,
            MediaType.valueOf("application/stream+json"),
            MediaType.valueOf("application/json-seq"));

    /** Of WebFlux, which need not be there. */
    private static final String PRODUCIBLE = "org.springframework.web.reactive.HandlerMapping.producibleMediaTypes";

    PooledBufferWriter() {
        super(new PooledBufferEncoder());
    }

    @Override
    public Mono<Void> write(
            Publisher<? extends PooledBuffer> buffers,
            ResolvableType elementType,
            @Nullable MediaType mediaType,
            ReactiveHttpOutputMessage message,
            Map<String, Object> hints) {
        return super.write(
                buffers,
                elementType,
                mediaType,
                message,
                PooledBufferWay.of(message).in(hints));
    }

    @Override
    public Mono<Void> write(
            Publisher<? extends PooledBuffer> buffers,
            ResolvableType actualType,
            ResolvableType elementType,
            @Nullable MediaType mediaType,
            ServerHttpRequest request,
            ServerHttpResponse response,
            Map<String, Object> hints) {
        MediaType type = mediaType;
        if (isFramed(mediaType) && !(buffers instanceof Mono)) {
            if (isChosenHere(request, response)) {
                return Mono.error(new IllegalStateException("buffers are bytes without bounds, and " + mediaType
                        + " needs to know where each message ends: return Flux<ServerSentEvent<PooledBuffer>>, or for"
                        + " bytes that have that form already Flux<DataBuffer>, made by DataBuffers.toDataBuffers"));
            }
            type = MediaType.APPLICATION_OCTET_STREAM; // only the client has asked for messages
        }
        MediaType written = type;
        return PooledBufferRange.of(request, response, buffers)
                .flatMap(part -> isNothing(part, buffers)
                        ? complete(written, response)
                        : super.write(part, actualType, elementType, written, request, response, hints));
    }

    private static boolean isFramed(@Nullable MediaType type) {
        return type != null && FRAMED.stream().anyMatch(type::equalsTypeAndSubtype);
    }

    /** Whether the handler named the media type, and not the client alone. */
    private static boolean isChosenHere(ServerHttpRequest request, ServerHttpResponse response) {
        return response.getHeaders().getContentType() != null
                || (request.getAttributes().get(PRODUCIBLE) instanceof Collection<?> types && !types.isEmpty());
    }

    private static boolean isNothing(Publisher<?> part, Publisher<?> buffers) {
        return part != buffers && !(part instanceof BufferFlux);
    }

    private static Mono<Void> complete(@Nullable MediaType type, ServerHttpResponse response) {
        HttpHeaders headers = response.getHeaders();
        if (headers.getContentType() == null) {
            headers.setContentType(type != null && type.isConcrete() ? type : MediaType.APPLICATION_OCTET_STREAM);
        }
        return response.setComplete();
    }
}
