package dev.sluice.spring;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import java.util.List;
import java.util.Map;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.ReactiveAdapterRegistry;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.http.codec.ServerCodecConfigurer;
import org.springframework.web.reactive.HandlerMapping;
import org.springframework.web.reactive.config.EnableWebFlux;
import org.springframework.web.reactive.config.WebFluxConfigurer;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.reactive.handler.SimpleUrlHandlerMapping;
import org.springframework.web.reactive.result.method.annotation.ResponseBodyResultHandler;
import org.springframework.web.reactive.result.method.annotation.ResponseEntityResultHandler;
import org.springframework.web.reactive.socket.WebSocketHandler;
import org.springframework.web.reactive.socket.WebSocketMessage;
import org.springframework.web.reactive.socket.server.RequestUpgradeStrategy;
import org.springframework.web.reactive.socket.server.WebSocketService;
import org.springframework.web.reactive.socket.server.support.HandshakeWebSocketService;
import org.springframework.web.reactive.socket.server.upgrade.StandardWebSocketUpgradeStrategy;

/** WebFlux without Boot, with everything of ours. */
@Configuration
@EnableWebFlux
class TestApplication implements WebFluxConfigurer {

    private final BufferPool pool;
    private final RequestUpgradeStrategy upgrades;

    TestApplication(BufferPool pool, RequestUpgradeStrategy upgrades) {
        this.pool = pool;
        this.upgrades = upgrades;
    }

    @Override
    public WebSocketService getWebSocketService() {
        return new HandshakeWebSocketService(upgrades);
    }

    @Override
    public void configureHttpMessageCodecs(ServerCodecConfigurer codecs) {
        PooledBufferCodecs.register(codecs, pool, 1 << 20);
    }

    @Bean
    BufferFluxResultHandler bufferFluxResultHandler(
            @Qualifier("webFluxAdapterRegistry") ReactiveAdapterRegistry registry,
            ResponseEntityResultHandler entities,
            ResponseBodyResultHandler bodies) {
        PooledBufferCodecs.register(registry);
        return new BufferFluxResultHandler(List.of(entities, bodies));
    }

    @Bean
    BufferBudgetFilter bufferBudgetFilter(BudgetResolver budgets, ServerCodecConfigurer codecs) {
        return new BufferBudgetFilter(budgets, codecs);
    }

    @Bean
    BufferErrorHandler bufferErrorHandler() {
        return new BufferErrorHandler();
    }

    @Bean
    RouterFunction<ServerResponse> routes() {
        return RouterFunctions.route()
                .POST(
                        "/fn/digest",
                        request -> BufferFlux.from(request.bodyToFlux(PooledBuffer.class))
                                .digest("SHA-256")
                                .flatMap(digest -> ServerResponse.ok().bodyValue(TestController.hex(digest))))
                .POST(
                        "/fn/echo",
                        request -> ServerResponse.ok().body(request.bodyToFlux(PooledBuffer.class), PooledBuffer.class))
                .build();
    }

    @Bean
    HandlerMapping sockets() {
        WebSocketHandler echo = session -> {
            BufferFlux received = DataBuffers.toBufferFlux(
                    session.receive().map(message -> DataBufferUtils.retain(message.getPayload())), pool);
            return session.send(
                    upgrades instanceof StandardWebSocketUpgradeStrategy
                            ? received.consume(buffer -> session.binaryMessage(
                                    ignored -> DefaultDataBufferFactory.sharedInstance.wrap(buffer.toByteArray())))
                            : DataBuffers.toDataBuffers(received, session.bufferFactory())
                                    .map(buffer -> new WebSocketMessage(WebSocketMessage.Type.BINARY, buffer)));
        };
        return new SimpleUrlHandlerMapping(Map.of("/socket", echo), -1);
    }
}
