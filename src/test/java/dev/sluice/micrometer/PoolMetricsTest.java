package dev.sluice.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.PoolStats;
import dev.sluice.PooledBuffer;
import dev.sluice.testing.VirtualPoolClock;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PoolMetricsTest {

    private static final long LIMIT_NANOS = Duration.ofSeconds(60).toNanos();

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

    @AfterEach
    void close() {
        registry.close();
    }

    /** Events come on a thread of their own. */
    private static void eventually(Callable<Boolean> condition) {
        long began = System.nanoTime();
        try {
            while (!condition.call()) {
                assertThat(System.nanoTime() - began).as("ns waited").isLessThan(LIMIT_NANOS);
                LockSupport.parkNanos(1_000_000);
            }
        } catch (Exception e) {
            throw new CompletionException(e);
        }
    }

    /** The overflow is the last event of the work. */
    private Scrape scrapeAtWork(PoolAtWork at) {
        PoolMetrics.of(at.pool).bindTo(registry);
        at.work();
        eventually(() -> Scrape.of(registry).samples().getOrDefault("sluice_overflows_total{pool=\"work\"}", 0.0) > 0);
        return Scrape.of(registry);
    }

    @Test
    void everyMeterIsScraped() {
        try (PoolAtWork at = new PoolAtWork()) {
            Scrape scrape = scrapeAtWork(at);
            TreeSet<String> documented = new TreeSet<>();
            for (PoolMeter meter : PoolMeter.values()) {
                documented.addAll(Scrape.seriesOf(registry, meter));
                assertThat(scrape.text())
                        .as("help of %s", meter)
                        .contains("# HELP " + Scrape.nameOf(registry, meter) + " " + meter.description() + "\n");
            }
            assertThat(scrape.names()).isEqualTo(documented);
        }
    }

    @ParameterizedTest
    @EnumSource
    void namesComeOutWell(PoolMeter meter) {
        String name = Scrape.nameOf(registry, meter);
        assertThat(name).matches("sluice(_[a-z]+)+");
        String suffix = meter.type() == Meter.Type.COUNTER
                ? (meter.baseUnit() == null ? "" : "_" + meter.baseUnit()) + "_total"
                : "_" + meter.baseUnit();
        assertThat(name).endsWith(suffix);
        assertThat(List.of(name.split("_"))).as("words of %s", name).doesNotHaveDuplicates();
    }

    @Test
    void numbersAreThoseOfThePool() {
        try (PoolAtWork at = new PoolAtWork()) {
            Scrape scrape = scrapeAtWork(at);
            assertThat(scrape.value("sluice_in_flight_buffers", "pool", "work", "size", "4096"))
                    .isEqualTo(2);
            assertThat(scrape.value("sluice_in_flight_buffers", "pool", "work", "size", "64"))
                    .isEqualTo(1);
            assertThat(scrape.value("sluice_memory_in_use_bytes", "pool", "work", "size", "4096"))
                    .isEqualTo(8_192);
            assertThat(scrape.value("sluice_pending_requests", "pool", "work", "size", "16384"))
                    .isEqualTo(1);
            assertThat(scrape.value("sluice_demand_buffers", "pool", "work", "size", "16384"))
                    .isEqualTo(1);
            assertThat(scrape.value("sluice_memory_demand_bytes", "pool", "work", "size", "16384"))
                    .isEqualTo(16_384);
            assertThat(scrape.value("sluice_acquisitions_total", "pool", "work", "size", "1024"))
                    .isEqualTo(2);
            assertThat(scrape.value("sluice_hits_total", "pool", "work", "size", "1024"))
                    .isEqualTo(1);
            assertThat(scrape.value("sluice_misses_total", "pool", "work", "size", "1024"))
                    .isEqualTo(1);
            assertThat(scrape.value("sluice_memory_shrunk_bytes_total", "pool", "work", "size", "1024"))
                    .isEqualTo(1_024);
            assertThat(scrape.value("sluice_memory_reclaimed_bytes_total", "pool", "work", "size", "16384"))
                    .isEqualTo(16_384);
            assertThat(scrape.value("sluice_leaks_total", "pool", "work", "size", "64"))
                    .isZero();
            assertThat(scrape.value("sluice_memory_peak_bytes", "pool", "work")).isEqualTo(16_384);
            assertThat(scrape.value("sluice_budget_limit_bytes", "pool", "work"))
                    .isEqualTo(16_384);
            assertThat(scrape.value("sluice_budget_used_bytes", "pool", "work"))
                    .isEqualTo(at.pool.budget().used());
            assertThat(scrape.value("sluice_refusals_total", "pool", "work")).isEqualTo(1);
            assertThat(scrape.value("sluice_overflows_total", "pool", "work")).isEqualTo(1);
            assertThat(scrape.value("sluice_memory_overflowed_bytes_total", "pool", "work"))
                    .isEqualTo(5_000);
        }
    }

    @Test
    void timesAreThoseOfThePoolsClock() {
        try (PoolAtWork at = new PoolAtWork()) {
            Scrape scrape = scrapeAtWork(at);
            assertThat(scrape.value("sluice_wait_seconds_count", "outcome", "granted", "pool", "work"))
                    .isEqualTo(1);
            assertThat(scrape.value("sluice_wait_seconds_sum", "outcome", "granted", "pool", "work"))
                    .isEqualTo(0.004);
            assertThat(scrape.value("sluice_wait_seconds_sum", "outcome", "timed_out", "pool", "work"))
                    .isEqualTo(0.003);
            assertThat(scrape.value("sluice_wait_seconds_count", "outcome", "cancelled", "pool", "work"))
                    .isEqualTo(1);
            assertThat(scrape.value("sluice_hold_seconds_max", "pool", "work")).isEqualTo(0.007);
            long buckets = scrape.samples().keySet().stream()
                    .filter(series -> series.startsWith("sluice_wait_seconds_bucket{outcome=\"granted\""))
                    .count();
            assertThat(buckets).isBetween(20L, 120L);
        }
    }

    @Test
    void oneScrapeIsOneSnapshot() {
        try (PoolAtWork at = new PoolAtWork()) {
            at.work();
            PoolMetricsBinding binding = PoolMetricsBinding.of(at.pool, registry, Tags.empty(), () -> 0);
            for (int scrapes = 1; scrapes <= 3; scrapes++) {
                Scrape.of(registry);
                assertThat(binding.snapshots()).isEqualTo(scrapes);
            }
        }
    }

    /** A meter that is read for the first time for long does not see what another was told long ago. */
    @Test
    void anOldSnapshotIsNotRead() {
        AtomicLong nanoTime = new AtomicLong();
        try (BufferPool pool = BufferPool.builder().name("aging").direct(false).build()) {
            PoolMetricsReadings readings = new PoolMetricsReadings(pool, nanoTime::get, sizes -> {});
            PoolMetricsReadings.Reader<PoolStats> one = new PoolMetricsReadings.Reader<>(PoolStats::totalAcquisitions);
            PoolMetricsReadings.Reader<PoolStats> other =
                    new PoolMetricsReadings.Reader<>(PoolStats::totalAcquisitions);
            assertThat(readings.read(64, one)).isZero();
            pool.acquire(64).release();
            assertThat(readings.read(64, other)).isZero();
            nanoTime.set(TimeUnit.MILLISECONDS.toNanos(101));
            assertThat(readings.read(64, other)).isEqualTo(1);
            assertThat(readings.read(64, one)).isEqualTo(1);
            pool.acquire(64).release();
            nanoTime.set(TimeUnit.MILLISECONDS.toNanos(300));
            assertThat(readings.read(64, one)).isEqualTo(2);
        }
    }

    /** A meter that is read again, and one that was not read for long, see the present. */
    @Test
    void readingAMeterTwiceReadsThePresent() {
        SimpleMeterRegistry simple = new SimpleMeterRegistry();
        try (BufferPool pool = BufferPool.builder().name("now").direct(false).build()) {
            pool.acquire(64).release();
            PoolMetrics.of(pool).bindTo(simple);
            for (int i = 0; i < 10; i++) {
                PooledBuffer held = pool.acquire(64);
                assertThat(simple.get("sluice.in.flight").gauge().value()).isEqualTo(1);
                held.release();
                assertThat(simple.get("sluice.in.flight").gauge().value()).isZero();
                assertThat(simple.get("sluice.acquisitions").functionCounter().count())
                        .isEqualTo(i + 2.0);
            }
        }
    }

    @Test
    void sizesAppearAsTheyAreUsed() {
        try (BufferPool pool = BufferPool.builder().name("sizes").direct(false).build()) {
            PoolMetrics.of(pool, Tags.of("service", "uploads")).bindTo(registry);
            assertThat(sizes()).isEmpty();
            pool.acquire(64).release();
            eventually(() -> sizes().equals(List.of("64")));
            pool.acquire(5 << 20).release();
            eventually(() -> sizes().equals(List.of("64", "larger")));
            Scrape.of(registry).value("sluice_in_flight_buffers", "pool", "sizes", "service", "uploads", "size", "64");
        }
    }

    /** A size of which there is no buffer yet appears when it is collected. */
    @Test
    void aSizeThatIsOnlyWantedAppears() {
        try (BufferPool pool = BufferPool.builder()
                .name("wanted")
                .direct(false)
                .maxBytes(4_096)
                .build()) {
            PoolMetrics.of(pool).bindTo(registry);
            PooledBuffer all = pool.acquire(4_096);
            CompletableFuture<PooledBuffer> request = pool.request(64);
            Scrape.of(registry);
            assertThat(Scrape.of(registry).value("sluice_pending_requests", "pool", "wanted", "size", "64"))
                    .isEqualTo(1);
            request.cancel(false);
            all.release();
        }
    }

    private List<String> sizes() {
        return registry.find("sluice.in.flight").gauges().stream()
                .map(gauge -> gauge.getId().getTag("size"))
                .sorted()
                .toList();
    }

    @Test
    void anUnlimitedBudgetIsInfinite() {
        try (BufferPool pool = BufferPool.builder().name("open").direct(false).build()) {
            PoolMetrics.of(pool).bindTo(registry);
            assertThat(Scrape.of(registry).value("sluice_budget_limit_bytes", "pool", "open"))
                    .isEqualTo(Double.POSITIVE_INFINITY);
        }
    }

    @Test
    void closingRemovesTheMetersFromEveryRegistry() {
        SimpleMeterRegistry other = new SimpleMeterRegistry();
        try (PoolAtWork at = new PoolAtWork()) {
            PoolMetrics metrics = PoolMetrics.of(at.pool);
            metrics.bindTo(registry);
            metrics.bindTo(other);
            at.work();
            assertThat(Stream.of(registry, other))
                    .noneMatch(each -> each.getMeters().isEmpty());
            metrics.close();
            metrics.close();
            assertThat(Stream.of(registry, other))
                    .allMatch(each -> each.getMeters().isEmpty());
            at.pool.reportOverflow(1, "after");
        }
        assertThat(registry.getMeters()).isEmpty();
    }

    @Test
    void aClosedPoolHasNoMeters() {
        BufferPool pool = BufferPool.builder().name("closed").direct(false).build();
        pool.acquire(64).release();
        PoolMetrics metrics = PoolMetrics.of(pool);
        metrics.bindTo(registry);
        assertThat(registry.getMeters()).isNotEmpty();
        pool.close();
        eventually(() -> registry.getMeters().isEmpty());
        metrics.bindTo(registry);
        assertThat(registry.getMeters()).isEmpty();
    }

    @Test
    void neitherTheRegistryNorTheMetricsKeepAPool() {
        BufferPool pool = BufferPool.builder()
                .name("forgotten")
                .direct(false)
                .clock(VirtualPoolClock.create())
                .build();
        pool.acquire(64).release();
        PoolMetrics metrics = PoolMetrics.of(pool);
        metrics.bindTo(registry);
        Scrape.of(registry);
        WeakReference<BufferPool> reference = new WeakReference<>(pool);
        pool = null;
        eventually(() -> {
            System.gc();
            return reference.get() == null;
        });
        Scrape.of(registry);
        metrics.close();
        metrics.bindTo(registry);
    }
}
