package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testing.VirtualPoolClock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Every lost lease reaches the listener, every place that loses leases reaches the log once. */
class LeakLogTest {

    private final Logger logger = Logger.getLogger("dev.sluice");
    private final List<LogRecord> records = new CopyOnWriteArrayList<>();
    private final LeakReports reports = new LeakReports();
    private final BufferPool pool = BufferPool.builder()
            .name("lake")
            .leakDetection(LeakDetection.EVERY)
            .clock(VirtualPoolClock.create())
            .onLeak(reports)
            .build();

    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord record) {
            records.add(record);
        }

        @Override
        public void flush() {
            // Nothing is held back.
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    };

    @BeforeEach
    void listen() {
        logger.setUseParentHandlers(false);
        logger.addHandler(handler);
    }

    @AfterEach
    void stopListening() {
        logger.removeHandler(handler);
        logger.setUseParentHandlers(true);
    }

    private static LeakReport report(String holder) {
        return new LeakReport("lake", 10, 64, holder, List.of(), null, Duration.ofSeconds(3));
    }

    private String text(int index) {
        return new SimpleFormatter().formatMessage(records.get(index));
    }

    @Test
    void aPlaceIsLoggedOnceAndReportedEachTime() {
        for (String holder : List.of("a", "b", "a", "a", "b")) {
            pool.events().leaked(report(holder));
        }
        assertThat(reports.next(5)).extracting(LeakReport::holder).containsExactly("a", "b", "a", "a", "b");
        assertThat(records).hasSize(2).extracting(LogRecord::getLevel).containsOnly(Level.WARNING);
        assertThat(text(0)).contains("lost lease of 10 bytes (64 pinned) of pool 'lake'", "PT3S", "by a");
        assertThat(text(1)).contains("by b");
    }

    @Test
    void holdersWithUniqueTextsDoNotFillTheLogForEver() {
        for (int i = 0; i < 5_000; i++) {
            pool.events().leaked(report("request " + i));
        }
        assertThat(reports.next(5_000)).hasSize(5_000);
        assertThat(records).hasSize(1_000);
    }

    @Test
    void textsWithBracesAreLoggedAsTheyAre() {
        pool.events().leaked(report("{0} {'x'} {"));
        assertThat(text(0)).contains("by {0} {'x'} {");
    }

    @Test
    void aListenerThatThrowsIsLoggedAndTheNextReportComesAllTheSame() {
        try (BufferPool pool = BufferPool.builder()
                .name("lake")
                .leakDetection(LeakDetection.EVERY)
                .clock(VirtualPoolClock.create())
                .onLeak(report -> {
                    reports.accept(report);
                    if ("error".equals(report.holder())) {
                        throw new AssertionError("a listener's error");
                    }
                    throw new IllegalStateException("a listener's mistake");
                })
                .build()) {
            for (String holder : List.of("first", "error", "last")) {
                lose(pool, holder);
                assertThat(reports.next().holder()).isEqualTo(holder);
            }
            assertThat(reports.untilNow(pool)).isEmpty();
            assertThat(pool.stats().lost()).isEqualTo(3);
            PoolInvariants.assertNothingLeft(pool);
        }
        assertThat(records)
                .filteredOn(record -> record.getThrown() != null)
                .extracting(record -> record.getThrown().getMessage())
                .containsExactly("a listener's mistake", "a listener's error");
        assertThat(records)
                .filteredOn(record -> record.getThrown() instanceof IllegalStateException)
                .extracting(LogRecord::getMessage)
                .containsOnly("a listener of pool 'lake' failed: Leaked");
    }

    private static void lose(BufferPool pool, String holder) {
        pool.acquire(100, holder);
    }

    @Test
    void theLogNamesThePlaceThatTookTheLeases() {
        for (int i = 0; i < 5; i++) {
            loseHere(pool);
        }
        loseThere(pool);
        reports.next(6);
        assertThat(records).hasSize(2);
        assertThat(List.of(text(0), text(1)))
                .anySatisfy(text -> assertThat(text).contains("LeakLogTest.loseHere("))
                .anySatisfy(text -> assertThat(text).contains("LeakLogTest.loseThere("));
    }

    private static void loseHere(BufferPool pool) {
        pool.acquire(100);
    }

    private static void loseThere(BufferPool pool) {
        pool.acquire(100);
    }

    @Test
    void aReportWithoutAnyTraceHasAPlaceAllTheSame() {
        LeakReport report = report(null);
        assertThat(report.place()).isEqualTo("unknown");
        assertThat(report.toString()).contains("unknown");
    }
}
