package dev.sluice.spring.boot;

import dev.sluice.BufferPool;
import dev.sluice.netty.BufferPoolAllocator;
import dev.sluice.netty.NettyBuffers;
import java.util.stream.Stream;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.http.client.autoconfigure.reactive.ClientHttpConnectorBuilderCustomizer;
import org.springframework.boot.http.client.reactive.ReactorClientHttpConnectorBuilder;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import reactor.netty.http.HttpResources;

/**
 * reactor-netty on the pool: the server, and the client beneath {@code WebClient}. Both share one allocator, and so one
 * account of what they hold beside the pool while it is exhausted.
 */
@AutoConfiguration(after = SluiceAutoConfiguration.class)
@ConditionalOnBooleanProperty(name = "sluice.enabled", matchIfMissing = true)
@ConditionalOnBooleanProperty(name = "sluice.direct", matchIfMissing = true)
@ConditionalOnClass(HttpResources.class)
@ConditionalOnSingleCandidate(BufferPool.class)
public final class SluiceNettyAutoConfiguration {

    SluiceNettyAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean
    BufferPoolAllocator sluiceAllocator(BufferPool pool) {
        return NettyBuffers.allocator(pool);
    }

    @Bean
    PoolsInUse.MorePools sluiceOverflow(BufferPoolAllocator allocator) {
        return () -> Stream.of(allocator.overflow());
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(NettyReactiveWebServerFactory.class)
    @ConditionalOnBooleanProperty(name = "sluice.server.enabled", matchIfMissing = true)
    static class Server {

        @Bean
        @ConditionalOnMissingBean(name = "sluiceServerCustomizer")
        WebServerFactoryCustomizer<NettyReactiveWebServerFactory> sluiceServerCustomizer(
                BufferPoolAllocator allocator) {
            return factory -> factory.addServerCustomizers(server -> NettyBuffers.equip(server, allocator));
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(ReactorClientHttpConnectorBuilder.class)
    @ConditionalOnBooleanProperty(name = "sluice.client.enabled", matchIfMissing = true)
    static class Client {

        @Bean
        @ConditionalOnMissingBean(name = "sluiceClientCustomizer")
        ClientHttpConnectorBuilderCustomizer<ReactorClientHttpConnectorBuilder> sluiceClientCustomizer(
                BufferPoolAllocator allocator) {
            return builder -> builder.withHttpClientCustomizer(client -> NettyBuffers.equip(client, allocator));
        }
    }
}
