package dev.sluice.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The health of a pool of 1 MiB at each threshold. */
class SluiceHealthTest {

    private static final int CHUNK = 64 << 10;

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(
                    AutoConfigurations.of(SluiceAutoConfiguration.class, SluiceActuatorAutoConfiguration.class))
            .withPropertyValues("sluice.max-bytes=1MB", "sluice.max-pending=4", "sluice.health.degraded-pending=2");

    private final List<PooledBuffer> leases = new ArrayList<>();
    private final List<CompletableFuture<PooledBuffer>> requests = new ArrayList<>();

    @Test
    void isUpAtRest() {
        withPool((pool, indicator) -> {
            Health health = healthOf(indicator);
            assertThat(health.getStatus().getCode()).isEqualTo("UP");
            assertThat(health.getDetails())
                    .containsExactly(
                            entry(
                                    "budgets",
                                    List.of(Map.of(
                                            "name",
                                            "sluice",
                                            "limitBytes",
                                            1L << 20,
                                            "usedBytes",
                                            0L,
                                            "inUseBytes",
                                            0L,
                                            "idleBytes",
                                            0L,
                                            "pending",
                                            0L))),
                            entry("pending", 0L),
                            entry("demandBytes", 0L),
                            entry("lost", 0L));
        });
    }

    @Test
    void isDegradedWhenMostOfTheBudgetIsInUse() {
        withPool((pool, indicator) -> {
            acquire(pool, 14);
            assertThat(healthOf(indicator).getStatus().getCode()).isEqualTo("UP");
            acquire(pool, 1);
            Health health = healthOf(indicator);
            assertThat(health.getStatus().getCode()).isEqualTo("DEGRADED");
            assertThat(health.getDetails())
                    .containsEntry(
                            "reason",
                            "budget 'sluice' has 983,040 of its 1,048,576 bytes in use, a share of 0.90 or more");
            assertThat(health.getDetails().get("budgets")).asString().contains("inUseBytes=983040");
        });
    }

    @Test
    void idleMemoryIsNotInUse() {
        withPool((pool, indicator) -> {
            acquire(pool, 16);
            release();
            assertThat(healthOf(indicator).getStatus().getCode()).isEqualTo("UP");
        });
    }

    @Test
    void isDegradedWhenRequestsWait() {
        withPool((pool, indicator) -> {
            acquire(pool, 16);
            request(pool, 2);
            Health health = healthOf(indicator);
            assertThat(health.getStatus().getCode()).isEqualTo("DEGRADED");
            assertThat(health.getDetails())
                    .containsEntry("reason", "2 requests wait for memory of budget 'sluice', 2 or more")
                    .containsEntry("pending", 2L);
        });
    }

    @Test
    void isOutOfServiceWhenRequestsAreRefused() {
        withPool((pool, indicator) -> {
            acquire(pool, 16);
            request(pool, 4);
            assertThat(pool.request(CHUNK)).isCompletedExceptionally();
            Health health = healthOf(indicator);
            assertThat(health.getStatus().getCode()).isEqualTo("OUT_OF_SERVICE");
            assertThat(health.getDetails())
                    .containsEntry("reason", "4 requests wait for memory of budget 'sluice', 4 or more");
        });
    }

    @Test
    void isOutOfServiceWhenThePoolIsClosed() {
        withPool((pool, indicator) -> {
            pool.close();
            Health health = healthOf(indicator);
            assertThat(health.getStatus().getCode()).isEqualTo("OUT_OF_SERVICE");
            assertThat(health.getDetails()).containsEntry("reason", "pool 'sluice' is closed");
        });
    }

    @Test
    void thresholdsCanBeSet() {
        runner.withPropertyValues(
                        "sluice.health.degraded-in-use=0.5",
                        "sluice.health.degraded-pending=1",
                        "sluice.health.out-of-service-pending=2")
                .run(context -> check(
                        context.getBean(BufferPool.class),
                        context.getBean("sluiceHealthIndicator", HealthIndicator.class),
                        (pool, indicator) -> {
                            acquire(pool, 8);
                            assertThat(healthOf(indicator).getStatus().getCode())
                                    .isEqualTo("DEGRADED");
                            acquire(pool, 8);
                            request(pool, 2);
                            assertThat(healthOf(indicator).getStatus().getCode())
                                    .isEqualTo("OUT_OF_SERVICE");
                        }));
    }

    @Test
    void canBeSwitchedOff() {
        runner.withPropertyValues("management.health.sluice.enabled=false")
                .run(context -> assertThat(context).doesNotHaveBean(HealthIndicator.class));
    }

    @Test
    void anApplicationsIndicatorIsTheIndicator() {
        runner.withUserConfiguration(OwnIndicator.class)
                .run(context -> assertThat(
                                healthOf(context.getBean(HealthIndicator.class)).getDetails())
                        .containsEntry("mine", true));
    }

    private void withPool(BiConsumer<BufferPool, HealthIndicator> test) {
        runner.run(context -> check(context.getBean(BufferPool.class), context.getBean(HealthIndicator.class), test));
    }

    private void check(BufferPool pool, HealthIndicator indicator, BiConsumer<BufferPool, HealthIndicator> test) {
        test.accept(pool, indicator);
        release();
        assertThat(pool.stats().buffersInUse()).isZero();
        assertThat(pool.stats().pending()).isZero();
    }

    private void acquire(BufferPool pool, int buffers) {
        for (int i = 0; i < buffers; i++) {
            leases.add(pool.acquire(CHUNK));
        }
    }

    private void request(BufferPool pool, int buffers) {
        for (int i = 0; i < buffers; i++) {
            requests.add(pool.request(CHUNK));
        }
    }

    private void release() {
        requests.forEach(request -> request.cancel(false));
        leases.forEach(PooledBuffer::release);
    }

    private static Health healthOf(HealthIndicator indicator) {
        Health health = indicator.health();
        assertThat(health).isNotNull();
        return health;
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnIndicator {

        @Bean
        HealthIndicator sluiceHealthIndicator() {
            return () -> Health.up().withDetail("mine", true).build();
        }
    }
}
