package dev.sluice.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.micrometer.PoolMeter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** The meters of an application's pools. */
class SluiceMetricsTest {

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    SluiceAutoConfiguration.class,
                    SluiceNettyAutoConfiguration.class,
                    SluiceMetricsAutoConfiguration.class,
                    MetricsAutoConfiguration.class,
                    CompositeMeterRegistryAutoConfiguration.class))
            .withBean(SimpleMeterRegistry.class);

    @Test
    void eachPoolHasMeters() {
        runner.run(context -> {
            MeterRegistry registry = context.getBean(MeterRegistry.class);
            BufferPool pool = context.getBean(BufferPool.class);
            Gauge limit = registry.get(PoolMeter.BUDGET_LIMIT.meterName())
                    .tag("pool", "sluice")
                    .gauge();
            assertThat(limit.value()).isEqualTo(pool.budget().limit());
            assertThat(registry.find(PoolMeter.BUDGET_LIMIT.meterName())
                            .tag("pool", "sluice-overflow")
                            .gauge())
                    .isNotNull();
        });
    }

    @Test
    void canBeSwitchedOff() {
        runner.withPropertyValues("sluice.metrics.enabled=false")
                .run(context -> assertThat(context.getBean(MeterRegistry.class).getMeters())
                        .noneMatch(meter -> meter.getId().getName().startsWith("sluice")));
    }

    @Test
    void aRegistryIsNotNeeded() {
        new ApplicationContextRunner()
                .withConfiguration(
                        AutoConfigurations.of(SluiceAutoConfiguration.class, SluiceMetricsAutoConfiguration.class))
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean("sluiceMetrics"));
    }
}
