package dev.sluice.spring;

import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import java.lang.reflect.Type;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.core.MethodParameter;
import org.springframework.core.Ordered;
import org.springframework.core.ResolvableType;
import org.springframework.http.HttpEntity;
import org.springframework.web.reactive.HandlerResult;
import org.springframework.web.reactive.HandlerResultHandler;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Lets a controller's method return {@link BufferFlux}, alone or in an {@code HttpEntity}, in a {@code Mono} or not,
 * and also where its type says less, as {@code ResponseEntity<?>} and {@code Object} do.
 *
 * <p>WebFlux takes the element type of a reactive result from its type argument. A {@code BufferFlux} has none, and its
 * elements would go for objects. So this handler tells WebFlux's own handlers {@code Flux<PooledBuffer>} instead, and
 * leaves the rest to them. It stands before all of them.
 *
 * <p>Thread-safe.
 */
public final class BufferFluxResultHandler implements HandlerResultHandler, Ordered {

    private static final ResolvableType FLUX = ResolvableType.forClassWithGenerics(Flux.class, PooledBuffer.class);

    private final List<? extends HandlerResultHandler> handlers;

    /**
     * Makes a handler that leaves the work to others.
     *
     * @param handlers those that write bodies and entities, such as the beans {@code responseEntityResultHandler} and
     *     {@code responseBodyResultHandler}: the first that supports a result gets it
     */
    public BufferFluxResultHandler(List<? extends HandlerResultHandler> handlers) {
        this.handlers = List.copyOf(handlers);
    }

    @Override
    public int getOrder() {
        return -1;
    }

    @Override
    public boolean supports(HandlerResult result) {
        ResolvableType type = result.getReturnType();
        return !type.equals(written(type, result.getReturnValue()))
                && handlers.stream().anyMatch(handler -> handler.supports(told(result)));
    }

    @Override
    public Mono<Void> handleResult(ServerWebExchange exchange, HandlerResult result) {
        HandlerResult told = told(result);
        return handlers.stream()
                .filter(handler -> handler.supports(told))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no handler for " + told.getReturnType()))
                .handleResult(exchange, told);
    }

    private static HandlerResult told(HandlerResult result) {
        MethodParameter source = result.getReturnTypeSource();
        Type written = written(result.getReturnType(), result.getReturnValue()).getType();
        HandlerResult told = new HandlerResult(
                result.getHandler(), result.getReturnValue(), new Told(source, written), result.getBindingContext());
        return result.getExceptionHandler() == null ? told : told.setExceptionHandler(result.getExceptionHandler());
    }

    /**
     * The type with each {@code BufferFlux} written as {@code Flux<PooledBuffer>}; the same type if there is none. What
     * the type leaves open, as {@code ResponseEntity<?>} does, the value tells.
     */
    private static ResolvableType written(ResolvableType type, @Nullable Object value) {
        Class<?> raw = type.resolve(Object.class);
        if (raw == BufferFlux.class || (value instanceof BufferFlux && raw.isInstance(value))) {
            return FLUX;
        }
        boolean isEntity = HttpEntity.class.isAssignableFrom(raw);
        if (!isEntity && value instanceof HttpEntity && raw == Object.class) {
            return written(ResolvableType.forClass(value.getClass()), value);
        } else if (!isEntity && Mono.class != raw) {
            return type;
        }
        ResolvableType argument = type.getGeneric();
        ResolvableType written = written(argument, value instanceof HttpEntity<?> entity ? entity.getBody() : null);
        return written.equals(argument) ? type : ResolvableType.forClassWithGenerics(raw, written);
    }

    /** The return type of a method, with another type in its place. */
    private static final class Told extends MethodParameter {

        private final Type type;

        Told(MethodParameter original, Type type) {
            super(original);
            this.type = type;
        }

        @Override
        public Class<?> getParameterType() {
            return ResolvableType.forType(type).toClass();
        }

        @Override
        public Type getGenericParameterType() {
            return type;
        }

        @Override
        public MethodParameter clone() {
            return new Told(this, type);
        }
    }
}
