package dev.sluice.spring.boot;

import dev.sluice.BufferPool;
import dev.sluice.MemoryBudget;
import dev.sluice.PoolListener;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/**
 * One budget and one pool on it, which is closed with the application.
 *
 * <p>Each {@link PoolListener} of the application listens to the pool.
 *
 * <p>An application that has a {@link BufferPool} of its own gets neither; one that has a {@link MemoryBudget} gets a
 * pool on that. With {@code sluice.enabled=false} there is nothing at all.
 */
@AutoConfiguration
@ConditionalOnBooleanProperty(name = "sluice.enabled", matchIfMissing = true)
@EnableConfigurationProperties(SluiceProperties.class)
public final class SluiceAutoConfiguration {

    static final String NAME = "sluice";

    SluiceAutoConfiguration(SluiceProperties properties) {
        PropertyRules.check(properties);
    }

    @Bean
    @ConditionalOnMissingBean({MemoryBudget.class, BufferPool.class})
    MemoryBudget sluiceBudget(SluiceProperties properties) {
        return MemoryBudget.of(NAME, PropertyRules.limit(properties));
    }

    @Bean
    @ConditionalOnMissingBean
    BufferPool sluicePool(MemoryBudget budget, SluiceProperties properties, ObjectProvider<PoolListener> listeners) {
        return PoolsMaker.on(budget, NAME, properties, listeners.orderedStream());
    }

    @Bean
    PoolsInUse sluicePoolsInUse(
            ObjectProvider<BufferPool> pools,
            ObjectProvider<PoolsInUse.MorePools> more,
            ObjectProvider<MemoryBudget> budgets) {
        return new PoolsInUse(pools, more, budgets);
    }
}
