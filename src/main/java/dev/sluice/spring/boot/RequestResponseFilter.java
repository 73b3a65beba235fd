package dev.sluice.spring.boot;

import dev.sluice.spring.PooledDataBufferFactory;
import org.springframework.core.Ordered;
import org.springframework.core.io.buffer.DataBufferFactory;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.http.server.reactive.ServerHttpResponseDecorator;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/**
 * Lets responses be encoded into memory of the pool on servers that take it from the heap otherwise, such as Tomcat.
 * Those with memory of their own, reactor-netty and Jetty, are left alone.
 */
final class RequestResponseFilter implements WebFilter, Ordered {

    private final PooledDataBufferFactory factory;

    RequestResponseFilter(PooledDataBufferFactory factory) {
        this.factory = factory;
    }

    @Override
    public int getOrder() {
        return Ordered.HIGHEST_PRECEDENCE;
    }

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        ServerHttpResponse response = exchange.getResponse();
        return chain.filter(
                response.bufferFactory() instanceof DefaultDataBufferFactory
                        ? exchange.mutate().response(new Pooled(response)).build()
                        : exchange);
    }

    private final class Pooled extends ServerHttpResponseDecorator {

        Pooled(ServerHttpResponse response) {
            super(response);
        }

        @Override
        public DataBufferFactory bufferFactory() {
            return factory;
        }
    }
}
