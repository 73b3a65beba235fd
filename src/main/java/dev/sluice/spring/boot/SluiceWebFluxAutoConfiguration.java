package dev.sluice.spring.boot;

import dev.sluice.BufferPool;
import dev.sluice.spring.BudgetResolver;
import dev.sluice.spring.BufferBudgetFilter;
import dev.sluice.spring.BufferFluxResultHandler;
import dev.sluice.spring.PooledBufferCodecs;
import dev.sluice.spring.PooledDataBufferFactory;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.http.client.autoconfigure.reactive.ClientHttpConnectorBuilderCustomizer;
import org.springframework.boot.http.client.reactive.JdkClientHttpConnectorBuilder;
import org.springframework.boot.http.codec.CodecCustomizer;
import org.springframework.boot.http.codec.autoconfigure.HttpCodecsProperties;
import org.springframework.boot.webflux.autoconfigure.WebFluxAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.ReactiveAdapterRegistry;
import org.springframework.http.codec.CodecConfigurer;
import org.springframework.http.codec.ResourceHttpMessageWriter;
import org.springframework.http.codec.ServerCodecConfigurer;
import org.springframework.util.unit.DataSize;
import org.springframework.web.reactive.DispatcherHandler;
import org.springframework.web.reactive.result.method.annotation.ResponseBodyResultHandler;
import org.springframework.web.reactive.result.method.annotation.ResponseEntityResultHandler;

/**
 * WebFlux on the pool: handlers take and give {@code BufferFlux} and {@code PooledBuffer}, and each request has a
 * budget, by its path and its tenant, with an answer for when memory is short.
 */
@AutoConfiguration(after = {SluiceAutoConfiguration.class, WebFluxAutoConfiguration.class})
@ConditionalOnBooleanProperty(name = "sluice.enabled", matchIfMissing = true)
@ConditionalOnClass({CodecConfigurer.class, CodecCustomizer.class})
@ConditionalOnSingleCandidate(BufferPool.class)
public final class SluiceWebFluxAutoConfiguration {

    /** What WebFlux allows where nothing is said. */
    private static final DataSize DEFAULT_IN_MEMORY = DataSize.ofKilobytes(256);

    SluiceWebFluxAutoConfiguration() {}

    /** For the server and for WebClient. */
    @Bean
    @ConditionalOnMissingBean(name = "sluiceCodecCustomizer")
    CodecCustomizer sluiceCodecCustomizer(
            BufferPool pool, SluiceProperties properties, ObjectProvider<HttpCodecsProperties> codecs) {
        HttpCodecsProperties set = codecs.getIfAvailable();
        int maxInMemoryBytes = inMemoryBytes(set == null ? null : set.getMaxInMemorySize());
        int chunkBytes = Math.toIntExact(properties.chunkSize().toBytes());
        return configurer -> {
            PooledBufferCodecs.register(configurer, pool, maxInMemoryBytes);
            configurer.customCodecs().register(new ResourceHttpMessageWriter(chunkBytes));
        };
    }

    /** As WebFlux reads it: below 0 is no limit. */
    private static int inMemoryBytes(@Nullable DataSize set) {
        long bytes = (set == null ? DEFAULT_IN_MEMORY : set).toBytes();
        return bytes < 0 ? Integer.MAX_VALUE : (int) Math.max(1, Math.min(bytes, Integer.MAX_VALUE));
    }

    /** For servers and clients that are not reactor-netty. */
    @Bean
    @ConditionalOnMissingBean
    PooledDataBufferFactory sluiceDataBufferFactory(BufferPool pool) {
        return new PooledDataBufferFactory(pool);
    }

    /** The JDK's client reads into buffers of the pool. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(JdkClientHttpConnectorBuilder.class)
    @ConditionalOnBooleanProperty(name = "sluice.client.enabled", matchIfMissing = true)
    static class JdkClient {

        @Bean
        @ConditionalOnMissingBean(name = "sluiceJdkClientCustomizer")
        ClientHttpConnectorBuilderCustomizer<JdkClientHttpConnectorBuilder> sluiceJdkClientCustomizer(
                PooledDataBufferFactory factory) {
            return builder -> builder.withCustomizer(connector -> connector.setBufferFactory(factory));
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass({DispatcherHandler.class, WebFluxAutoConfiguration.class})
    @ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
    static class Server {

        @Bean
        @ConditionalOnMissingBean
        @ConditionalOnBooleanProperty(name = "sluice.server.enabled", matchIfMissing = true)
        RequestResponseFilter sluiceResponseFilter(PooledDataBufferFactory factory) {
            return new RequestResponseFilter(factory);
        }

        @Bean
        @ConditionalOnMissingBean
        BudgetResolver sluiceBudgets(BufferPool pool, SluiceProperties properties) {
            return RequestLimits.budgets(pool, properties);
        }

        @Bean
        PoolsInUse.MorePools sluiceRequestPools(BudgetResolver budgets) {
            return () -> budgets.pools().stream();
        }

        @Bean
        @ConditionalOnMissingBean
        BufferBudgetFilter sluiceBudgetFilter(BudgetResolver budgets, ServerCodecConfigurer codecs) {
            return new BufferBudgetFilter(budgets, codecs);
        }
    }

    /** What the annotated controllers of WebFlux need. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass({DispatcherHandler.class, WebFluxAutoConfiguration.class})
    @ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
    @ConditionalOnBean(ResponseBodyResultHandler.class)
    static class Controllers {

        Controllers(@Qualifier("webFluxAdapterRegistry") ReactiveAdapterRegistry registry) {
            PooledBufferCodecs.register(registry);
        }

        @Bean
        @ConditionalOnMissingBean
        BufferFluxResultHandler sluiceResultHandler(
                ResponseEntityResultHandler entities, ResponseBodyResultHandler bodies) {
            return new BufferFluxResultHandler(List.of(entities, bodies));
        }
    }
}
