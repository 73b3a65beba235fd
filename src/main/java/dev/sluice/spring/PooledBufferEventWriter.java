package dev.sluice.spring;

import dev.sluice.PooledBuffer;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.springframework.core.ResolvableType;
import org.springframework.http.MediaType;
import org.springframework.http.ReactiveHttpOutputMessage;
import org.springframework.http.codec.HttpMessageWriter;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.http.codec.ServerSentEventHttpMessageWriter;
import reactor.core.Exceptions;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Writes server-sent events whose data are leases, as the text that they hold in UTF-8. Without it, Spring's writer
 * would have the leases turned into JSON, and nobody would release them.
 */
final class PooledBufferEventWriter implements HttpMessageWriter<ServerSentEvent<PooledBuffer>> {

    private static final ResolvableType TEXT = ResolvableType.forClassWithGenerics(ServerSentEvent.class, String.class);

    private final ServerSentEventHttpMessageWriter text = new ServerSentEventHttpMessageWriter();

    @Override
    public List<MediaType> getWritableMediaTypes() {
        return List.of(MediaType.TEXT_EVENT_STREAM);
    }

    @Override
    public boolean canWrite(ResolvableType elementType, @Nullable MediaType mediaType) {
        return elementType.toClass() == ServerSentEvent.class
                && PooledBuffer.class.isAssignableFrom(elementType.getGeneric().toClass())
                && (mediaType == null || mediaType.isCompatibleWith(MediaType.TEXT_EVENT_STREAM));
    }

    @Override
    public Mono<Void> write(
            Publisher<? extends ServerSentEvent<PooledBuffer>> events,
            ResolvableType elementType,
            @Nullable MediaType mediaType,
            ReactiveHttpOutputMessage message,
            Map<String, Object> hints) {
        Flux<ServerSentEvent<String>> texts = Flux.from(events)
                .doOnDiscard(ServerSentEvent.class, PooledBufferEventWriter::release)
                .map(PooledBufferEventWriter::text);
        return text.write(texts, TEXT, mediaType, message, hints);
    }

    private static void release(ServerSentEvent<?> event) {
        if (event.data() instanceof PooledBuffer buffer) {
            buffer.release();
        }
    }

    private static ServerSentEvent<String> text(ServerSentEvent<PooledBuffer> event) {
        try (PooledBuffer data = event.data()) {
            ServerSentEvent.Builder<String> same = ServerSentEvent.builder();
            set(event.id(), same::id);
            set(event.event(), same::event);
            set(event.retry(), same::retry);
            set(event.comment(), same::comment);
            if (data != null) {
                ByteBuffer bytes = ByteBuffer.wrap(data.toByteArray());
                same.data(StandardCharsets.UTF_8.newDecoder().decode(bytes).toString());
            }
            return same.build();
        } catch (CharacterCodingException e) {
            throw Exceptions.propagate(e);
        }
    }

    private static <T> void set(@Nullable T value, Consumer<T> setter) {
        if (value != null) {
            setter.accept(value);
        }
    }
}
