package dev.sluice.spring;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.core.ResolvableType;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import org.springframework.http.codec.HttpMessageReader;
import org.springframework.http.codec.ServerCodecConfigurer;
import org.springframework.http.codec.multipart.Part;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpRequestDecorator;
import org.springframework.util.LinkedMultiValueMap;
import org.springframework.util.MultiValueMap;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.ServerWebExchangeDecorator;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * An exchange whose body is limited, for forms and parts as well: the exchange beneath reads those from the body that
 * it knows itself. What was read as parts is cleaned up here, too.
 */
final class BodyExchange extends ServerWebExchangeDecorator {

    private static final ResolvableType FORM =
            ResolvableType.forClassWithGenerics(MultiValueMap.class, String.class, String.class);
    private static final ResolvableType PARTS =
            ResolvableType.forClassWithGenerics(MultiValueMap.class, String.class, Part.class);

    private final ServerCodecConfigurer codecs;
    private final ServerHttpRequest request;
    private final Mono<MultiValueMap<String, String>> form;
    private final Mono<MultiValueMap<String, Part>> parts;
    private volatile boolean partsRead;

    BodyExchange(ServerWebExchange exchange, ServerCodecConfigurer codecs, BodyLimit body) {
        super(exchange);
        this.codecs = codecs;
        this.request = new ServerHttpRequestDecorator(exchange.getRequest()) {
            @Override
            public Flux<DataBuffer> getBody() {
                return body;
            }
        };
        MediaType type = mediaType(exchange.getRequest());
        this.form = type != null && type.isConcrete() && type.isCompatibleWith(MediaType.APPLICATION_FORM_URLENCODED)
                ? this.<String>read(FORM, type).cache()
                : exchange.getFormData();
        this.parts = type != null && type.isConcrete() && type.getType().equalsIgnoreCase("multipart")
                ? this.<Part>read(PARTS, type)
                        .doOnNext(read -> partsRead = true)
                        .cache()
                : exchange.getMultipartData();
    }

    private static @Nullable MediaType mediaType(ServerHttpRequest request) {
        try {
            return request.getHeaders().getContentType();
        } catch (InvalidMediaTypeException e) {
            return null;
        }
    }

    @SuppressWarnings("unchecked")
    private <V> Mono<MultiValueMap<String, V>> read(ResolvableType type, MediaType mediaType) {
        for (HttpMessageReader<?> reader : codecs.getReaders()) {
            if (reader.canRead(type, mediaType)) {
                return ((HttpMessageReader<MultiValueMap<String, V>>) reader)
                        .readMono(type, request, Map.of())
                        .switchIfEmpty(Mono.fromSupplier(LinkedMultiValueMap::new));
            }
        }
        return Mono.error(new IllegalStateException("no reader for " + mediaType));
    }

    @Override
    public ServerHttpRequest getRequest() {
        return request;
    }

    @Override
    public Mono<MultiValueMap<String, String>> getFormData() {
        return form;
    }

    @Override
    public Mono<MultiValueMap<String, Part>> getMultipartData() {
        return parts;
    }

    @Override
    public Mono<Void> cleanupMultipart() {
        return Mono.defer(() -> partsRead
                ? parts.onErrorComplete()
                        .flatMapIterable(Map::values)
                        .flatMapIterable((List<Part> named) -> named)
                        .flatMap(part -> part.delete().onErrorComplete())
                        .then()
                : Mono.empty());
    }
}
