package dev.sluice.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.BufferPool;
import dev.sluice.PoolEvent;
import dev.sluice.PoolExhaustedException;
import dev.sluice.PoolListener;
import dev.sluice.PooledBuffer;
import dev.sluice.micrometer.PoolMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.core.io.buffer.PooledDataBuffer;

/** What a factory takes from beside its pool is bounded, counted and told, up to the page that Prometheus reads. */
class OverflowTest {

    private static final int CHUNK = 8 << 10;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void isToldToPrometheus(boolean secondPool) {
        BufferPool pool = BufferPool.builder().name("tiny").maxBytes(64 << 10).build();
        BufferPool overflow =
                BufferPool.builder().name("beside").maxBytes(64 << 10).build();
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        PoolMetrics.of(pool).bindTo(registry);
        PooledDataBufferFactory factory =
                secondPool ? new PooledDataBufferFactory(pool, overflow) : new PooledDataBufferFactory(pool, 64 << 10);
        PooledBuffer held = pool.acquire(64 << 10);
        List<PooledDataBuffer> beside = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            beside.add(factory.allocateBuffer(CHUNK));
        }
        assertThat(factory.overflowBytes()).isEqualTo(8L * CHUNK);
        assertThat(factory.maxOverflowBytes()).isEqualTo(64 << 10);
        assertThatThrownBy(() -> factory.allocateBuffer(CHUNK)).isInstanceOf(PoolExhaustedException.class);
        SpringTest.eventually(
                () -> registry.scrape().contains("sluice_overflows_total{pool=\"tiny\"} 8.0")
                        && registry.scrape().contains("sluice_memory_overflowed_bytes_total{pool=\"tiny\"} 65536.0"),
                registry::scrape);
        beside.forEach(PooledDataBuffer::release);
        assertThat(factory.overflowBytes()).isZero();
        held.release();
        assertThat(overflow.stats().buffersInUse()).isZero();
        pool.close();
        overflow.close();
    }

    /** The probes for a comfortable size and for what would do are nobody's refusal. */
    @ParameterizedTest
    @CsvSource({"0, 1", "65536, 0"})
    void aRefusalIsToldOnceAndOnlyWhereThereIsNoOverflow(long overflowBytes, int refusals) {
        List<PoolEvent> heard = new CopyOnWriteArrayList<>();
        try (BufferPool tiny = BufferPool.builder()
                .maxBytes(64 << 10)
                .listener(new PoolListener() {
                    @Override
                    public void event(PoolEvent event) {
                        heard.add(event);
                    }
                })
                .build()) {
            PooledDataBufferFactory factory = new PooledDataBufferFactory(tiny, overflowBytes);
            PooledBuffer held = tiny.acquire(64 << 10);
            PooledDataBuffer growing = (PooledDataBuffer) factory.wrap(new byte[] {1});
            if (refusals == 0) {
                growing.write((byte) 2);
            } else {
                assertThatThrownBy(() -> growing.write((byte) 2)).isInstanceOf(PoolExhaustedException.class);
            }
            growing.release();
            held.release();
        }
        SpringTest.eventually(() -> heard.stream().anyMatch(PoolEvent.Closed.class::isInstance), heard::toString);
        assertThat(heard.stream().filter(PoolEvent.Refused.class::isInstance)).hasSize(refusals);
    }

    @Test
    void namesOfTenantsChangeNoText() {
        assertThat(BudgetTenants.shown("gold, näme")).isEqualTo("gold, näme");
        assertThat(BudgetTenants.shown("a\nb\u202Ec\u0000\u2028d")).isEqualTo("a\\u{a}b\\u{202e}c\\u{0}\\u{2028}d");
        assertThat(BudgetTenants.shown("x".repeat(1000))).hasSize(101).endsWith("x…");
    }
}
