package dev.sluice.spring.boot;

import dev.sluice.BufferPool;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.endpoint.web.annotation.EndpointWebExtension;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * The endpoint {@code sluice}, its page, and the health of the pools. Conditions that are not Boot's core stand on
 * methods: those of a class are looked up before it is known whether their library is there.
 */
@AutoConfiguration(after = SluiceAutoConfiguration.class)
@ConditionalOnBooleanProperty(name = "sluice.enabled", matchIfMissing = true)
@ConditionalOnBean(BufferPool.class)
public final class SluiceActuatorAutoConfiguration {

    SluiceActuatorAutoConfiguration() {}

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass({EndpointWebExtension.class, ConditionalOnAvailableEndpoint.class})
    static class Endpoint {

        @Bean
        @ConditionalOnAvailableEndpoint
        @ConditionalOnMissingBean
        SluiceEndpoint sluiceEndpoint(SluiceProperties properties, PoolsInUse pools) {
            return new SluiceEndpoint(properties, pools);
        }

        @Bean
        @ConditionalOnAvailableEndpoint
        @ConditionalOnMissingBean
        SluicePage sluicePage() {
            return new SluicePage();
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
    static class Health {

        @Bean
        @ConditionalOnEnabledHealthIndicator("sluice")
        @ConditionalOnMissingBean(name = {"sluiceHealthIndicator", "sluiceHealthContributor"})
        HealthIndicator sluiceHealthIndicator(SluiceProperties properties, PoolsInUse pools) {
            return new SluiceHealthIndicator(pools, PoolsCondition.Thresholds.of(properties));
        }
    }
}
