package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The clock of the machine. */
class PoolSystemClockTest {

    private static final long HOUR_NANOS = TimeUnit.HOURS.toNanos(1);

    private final PoolClock clock = PoolClock.system();

    @Test
    void isSharedByAllPools() {
        assertThat(PoolClock.system()).isSameAs(clock);
    }

    @Test
    void runsATaskLaterOnADaemonThread() throws Exception {
        long began = clock.nanoTime();
        CompletableFuture<Thread> ran = new CompletableFuture<>();
        clock.schedule(() -> ran.complete(Thread.currentThread()), TimeUnit.MILLISECONDS.toNanos(20));
        Thread thread = ran.get(30, TimeUnit.SECONDS);
        assertThat(clock.nanoTime() - began).isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(20));
        assertThat(thread).isNotSameAs(Thread.currentThread());
        assertThat(thread.isDaemon()).as("daemon").isTrue();
        assertThat(thread.getName()).startsWith("sluice-");
    }

    @Test
    void aTaskThatIsCancelledDoesNotRun() throws Exception {
        CompletableFuture<Void> ran = new CompletableFuture<>();
        Future<?> cancelled = clock.schedule(() -> ran.complete(null), TimeUnit.MILLISECONDS.toNanos(50));
        assertThat(cancelled.cancel(false)).isTrue();
        CompletableFuture<Void> later = new CompletableFuture<>();
        clock.schedule(() -> later.complete(null), TimeUnit.MILLISECONDS.toNanos(60));
        later.get(30, TimeUnit.SECONDS);
        assertThat(ran).isNotDone();
    }

    @Test
    void aTaskThatThrowsDoesNotStopTheOthers() throws Exception {
        clock.schedule(
                () -> {
                    throw new IllegalStateException("a task's mistake");
                },
                0);
        CompletableFuture<Void> later = new CompletableFuture<>();
        clock.schedule(() -> later.complete(null), TimeUnit.MILLISECONDS.toNanos(1));
        assertThat(later.get(30, TimeUnit.SECONDS)).isNull();
    }

    @Test
    void oneSlowTaskDoesNotHoldUpTheOthers() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        CompletableFuture<Boolean> slow = new CompletableFuture<>();
        clock.schedule(
                () -> {
                    try {
                        slow.complete(release.await(30, TimeUnit.SECONDS));
                    } catch (InterruptedException e) {
                        slow.completeExceptionally(e);
                    }
                },
                0);
        CompletableFuture<Void> other = new CompletableFuture<>();
        clock.schedule(() -> other.complete(null), TimeUnit.MILLISECONDS.toNanos(1));
        other.get(30, TimeUnit.SECONDS);
        assertThat(slow).isNotDone();
        release.countDown();
        assertThat(slow.get(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void longDelaysAreAllowed() {
        assertThat(clock.schedule(() -> {}, HOUR_NANOS).cancel(false)).isTrue();
        assertThat(clock.schedule(() -> {}, Long.MAX_VALUE).cancel(false)).isTrue();
    }
}
