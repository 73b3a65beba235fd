package dev.sluice.spring.boot;

import dev.sluice.BufferPool;
import dev.sluice.micrometer.PoolMetrics;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/**
 * The pools in Micrometer, as {@link dev.sluice.micrometer.PoolMeter} lists it: each pool that there is when the
 * application starts, those of routes and of tenants with limits of their own among them. Tenants that come later share
 * no meter, as their number is not bounded by anybody's configuration.
 */
@AutoConfiguration(
        after = {SluiceAutoConfiguration.class, SluiceWebFluxAutoConfiguration.class, SluiceNettyAutoConfiguration.class
        },
        afterName = {
            "org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration",
            "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration"
        })
@ConditionalOnBooleanProperty(name = "sluice.enabled", matchIfMissing = true)
@ConditionalOnBooleanProperty(name = "sluice.metrics.enabled", matchIfMissing = true)
@ConditionalOnClass(MeterRegistry.class)
@ConditionalOnBean({MeterRegistry.class, BufferPool.class})
public final class SluiceMetricsAutoConfiguration {

    SluiceMetricsAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean(name = "sluiceMetrics")
    MeterBinder sluiceMetrics(PoolsInUse pools) {
        return registry ->
                pools.survey().polled().forEach(pool -> PoolMetrics.of(pool).bindTo(registry));
    }
}
