package dev.sluice.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.LeakDetection;
import dev.sluice.MemoryBudget;
import dev.sluice.PoolEvent;
import dev.sluice.PoolListener;
import dev.sluice.PooledBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The budget and the pool of an application, with and without properties and beans of its own. */
class SluiceAutoConfigurationTest {

    private final ApplicationContextRunner runner =
            new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(SluiceAutoConfiguration.class));

    @Test
    void needsNoProperty() {
        runner.run(context -> {
            BufferPool pool = context.getBean(BufferPool.class);
            assertThat(pool.budget()).isSameAs(context.getBean(MemoryBudget.class));
            assertThat(pool.budget().limit()).isEqualTo(PoolsJvmMemory.maxDirectBytes() / 4);
            assertThat(pool.name()).isEqualTo("sluice");
            assertThat(pool.isDirect()).isTrue();
            assertThat(pool.maxBuffersPerSize()).isEqualTo(Integer.MAX_VALUE);
        });
    }

    @Test
    void heapPoolsHaveAQuarterOfTheHeap() {
        runner.withPropertyValues("sluice.direct=false").run(context -> {
            BufferPool pool = context.getBean(BufferPool.class);
            assertThat(pool.isDirect()).isFalse();
            assertThat(pool.budget().limit()).isEqualTo(Runtime.getRuntime().maxMemory() / 4);
        });
    }

    @Test
    void doesWhatThePropertiesSay() {
        runner.withPropertyValues(
                        "sluice.max-bytes=8MB",
                        "sluice.max-buffers-per-size=2",
                        "sluice.leak-detection=every",
                        "sluice.max-pending=0",
                        "sluice.min-idle-bytes=1MB",
                        "sluice.shrink-interval=5s",
                        "sluice.collect-in-silence=false",
                        "sluice.chunk-size=4KB")
                .run(context -> {
                    BufferPool pool = context.getBean(BufferPool.class);
                    assertThat(pool.budget().limit()).isEqualTo(8 << 20);
                    assertThat(pool.maxBuffersPerSize()).isEqualTo(2);
                    try (PooledBuffer one = pool.acquire(100);
                            PooledBuffer other = pool.acquire(100)) {
                        assertThat(pool.tryAcquire(100)).isEmpty();
                        assertThat(pool.request(100)).isCompletedExceptionally();
                        assertThat(one.capacity()).isEqualTo(other.capacity());
                    }
                    SluiceProperties properties = context.getBean(SluiceProperties.class);
                    assertThat(properties.leakDetection()).isEqualTo(LeakDetection.EVERY);
                    assertThat(properties.minIdleBytes().toMegabytes()).isEqualTo(1);
                    assertThat(properties.shrinkInterval()).hasSeconds(5);
                    assertThat(properties.collectInSilence()).isFalse();
                    assertThat(properties.chunkSize().toKilobytes()).isEqualTo(4);
                    assertThat(pool.stats().buffersInUse()).isZero();
                });
    }

    @Test
    void closesThePoolWithTheContext() {
        AtomicReference<BufferPool> pool = new AtomicReference<>();
        runner.run(context -> pool.set(context.getBean(BufferPool.class)));
        assertThat(pool.get().isClosed()).isTrue();
        assertThat(pool.get().budget().used()).isZero();
    }

    @Test
    void canBeSwitchedOff() {
        runner.withPropertyValues("sluice.enabled=false").run(context -> {
            assertThat(context).hasNotFailed();
            assertThat(context).doesNotHaveBean(BufferPool.class);
            assertThat(context).doesNotHaveBean(MemoryBudget.class);
            assertThat(context).doesNotHaveBean(SluiceProperties.class);
        });
    }

    @Test
    void anApplicationsBudgetIsDrawnOn() {
        runner.withUserConfiguration(OwnBudget.class).run(context -> {
            assertThat(context.getBean(BufferPool.class).budget())
                    .isSameAs(context.getBean(MemoryBudget.class))
                    .extracting(MemoryBudget::name)
                    .isEqualTo("mine");
        });
    }

    @Test
    void anApplicationsPoolIsThePool() {
        runner.withUserConfiguration(OwnPool.class).run(context -> {
            assertThat(context).hasSingleBean(BufferPool.class);
            assertThat(context).doesNotHaveBean(MemoryBudget.class);
            assertThat(context.getBean(BufferPool.class).name()).isEqualTo("mine");
        });
    }

    @Test
    void anApplicationsListenersListen() {
        runner.withUserConfiguration(OwnListener.class, OwnBudget.class).run(context -> {
            BufferPool pool = context.getBean(BufferPool.class);
            pool.acquire(100).release();
            assertThat(context.getBean(OwnListener.class)
                            .made
                            .get(30, TimeUnit.SECONDS)
                            .pool())
                    .isEqualTo("sluice");
        });
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnListener implements PoolListener {

        final CompletableFuture<PoolEvent.SlabMade> made = new CompletableFuture<>();

        @Override
        public void slabMade(PoolEvent.SlabMade event) {
            made.complete(event);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnBudget {

        @Bean
        MemoryBudget budget() {
            return MemoryBudget.of("mine", 4 << 20);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnPool {

        @Bean
        BufferPool pool() {
            return BufferPool.builder().name("mine").maxBytes(4 << 20).build();
        }
    }
}
