package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What an acquire and a release cost, where that can be counted instead of timed. */
class PoolCostTest {

    private static final int ROUNDS = 20_000;

    private final BufferPool pool = PoolAccount.quietPool().build();
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** Where a lease goes that the compiler must not see the end of. */
    private volatile Object escaped;

    @AfterEach
    void nothingIsLeft() {
        PoolInvariants.assertNothingLeft(pool);
    }

    private long allocatedBytes(Runnable work) {
        long before = threads.getCurrentThreadAllocatedBytes();
        work.run();
        return threads.getCurrentThreadAllocatedBytes() - before;
    }

    private void leaseLetEscapeAndRelease() {
        for (int i = 0; i < ROUNDS; i++) {
            PooledBuffer buffer = pool.acquire(64);
            escaped = buffer;
            buffer.release();
        }
        escaped = null;
    }

    /** The state of the slot decides alone: two compare-and-sets, and nothing written that other slots share. */
    @Test
    void aThreadThatTakesAgainWhatItGaveBackWritesNothingButTheSlot() {
        pool.acquire(64).release(); // made for this request, which looked nowhere
        PooledBuffer first = pool.acquire(64);
        Slot slot = Lease.slotOf(first);
        long free = slot.slab.free();
        first.release();
        assertThat(slot.isParked()).as("parked").isTrue();
        for (int i = 0; i < 1_000; i++) {
            PooledBuffer next = pool.acquire(64);
            assertThat(Lease.slotOf(next)).as("slot").isSameAs(slot);
            assertThat(slot.slab.free()).as("free set in use").isEqualTo(free);
            next.release();
            assertThat(slot.isParked()).as("parked").isTrue();
            assertThat(slot.slab.free()).as("free set at rest").isEqualTo(free);
        }
    }

    @Test
    void aLeaseThatEscapesAllocatesNoMoreThanItself() {
        leaseLetEscapeAndRelease();
        assertThat(allocatedBytes(this::leaseLetEscapeAndRelease) / (double) ROUNDS)
                .as("bytes for each lease")
                .isLessThan(33);
    }

    /** As soon as the compiler has seen it often enough, in a JVM in which nothing else confuses it. */
    @Test
    void aLeaseThatDoesNotEscapeAllocatesNothing() throws Exception {
        String output = ForkedJvm.run(Probe.class, List.of());
        assertThat(Double.parseDouble(output.strip()))
                .as("bytes for each lease")
                .isLessThan(1);
    }

    /** Leases and releases until that allocates nothing, or patience ends, and prints the bytes for each lease. */
    static final class Probe {

        private static final long PATIENCE_NANOS = Duration.ofSeconds(100).toNanos();

        private Probe() {}

        public static void main(String[] arguments) {
            BufferPool pool = PoolAccount.quietPool().build();
            ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long start = System.nanoTime();
            double bytes;
            do {
                long before = threads.getCurrentThreadAllocatedBytes();
                leaseAndRelease(pool);
                bytes = (threads.getCurrentThreadAllocatedBytes() - before) / (double) ROUNDS;
            } while (bytes >= 1 && System.nanoTime() - start < PATIENCE_NANOS);
            System.out.println(bytes);
        }

        private static void leaseAndRelease(BufferPool pool) {
            for (int i = 0; i < ROUNDS; i++) {
                PooledBuffer buffer = pool.acquire(64);
                buffer.byteBuffer().put(0, (byte) i);
                buffer.release();
            }
        }
    }
}
