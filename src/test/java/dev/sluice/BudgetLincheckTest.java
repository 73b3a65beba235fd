package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.stream.Stream;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Two pools on two children of one budget behave as if their operations came one after the other: a buffer of one or two
 * units is acquired if it fits into the child and into the root, and only then refused if not. Idle memory does not
 * count, wherever it is, since it is reclaimed; so {@code clear} does nothing that anybody could notice.
 *
 * <p>Model checking and stress both work here: no operation waits for another thread.
 */
@Param(name = "thread", gen = ThreadIdGen.class)
@Param(name = "pool", gen = IntGen.class, conf = "0:1")
@Param(name = "units", gen = IntGen.class, conf = "1:2")
public class BudgetLincheckTest {

    /** So large a part of the budget that each slab is one buffer, and the account is of buffers. */
    private static final int UNIT_BYTES = 64;

    private static final int CHILD_UNITS = 2;
    private static final int ROOT_UNITS = 3;
    private static final int THREADS = 3;

    private final MemoryBudget root = MemoryBudget.of("root", ROOT_UNITS * UNIT_BYTES);
    private final List<BufferPool> pools = Stream.of("one", "two")
            .map(name -> root.child(name, CHILD_UNITS * UNIT_BYTES))
            .map(child -> PoolAccount.quietPool().budget(child).build())
            .toList();
    private final List<Deque<PooledBuffer>> leases = deques();

    private static <T> List<Deque<T>> deques() {
        return Stream.<Deque<T>>generate(ArrayDeque::new).limit(THREADS).toList();
    }

    @Operation(params = {"thread", "pool", "units"})
    public boolean acquire(int thread, int pool, int units) {
        return pools.get(pool)
                .tryAcquire(units * UNIT_BYTES)
                .map(leases.get(thread)::add)
                .orElse(false);
    }

    @Operation(params = "thread")
    public boolean release(int thread) {
        PooledBuffer oldest = leases.get(thread).poll();
        if (oldest == null) {
            return false;
        }
        oldest.release();
        return true;
    }

    @Operation(params = "pool")
    public void clear(int pool) {
        pools.get(pool).clear();
    }

    @Validate
    public void account() {
        long leased = leases.stream()
                .flatMap(Deque::stream)
                .mapToLong(PooledBuffer::capacity)
                .sum();
        long charged =
                pools.stream().mapToLong(pool -> pool.stats().allocatedBytes()).sum();
        long inUse = pools.stream().mapToLong(pool -> pool.stats().bytesInUse()).sum();
        assertEquals(leased, inUse, "bytes in use");
        assertEquals(charged, root.used(), "bytes charged to the root");
    }

    @Test
    void modelChecking() throws Exception {
        LincheckRuns.modelCheck(
                BudgetLincheckTest.class,
                Units.class,
                "acquire 1 0 2 | acquire 2 1 2",
                "acquire 1 0 2, release 1, acquire 1 0 2 | acquire 2 1 2",
                "acquire 1 0 1, release 1 | clear 0, acquire 2 1 2",
                "acquire 1 0 2, release 1 | acquire 2 0 2, clear 0");
    }

    @Test
    void stress() throws Exception {
        LincheckRuns.stress(BudgetLincheckTest.class, Units.class);
    }

    @Test
    @Tag("long")
    void modelCheckingLong() throws Exception {
        LincheckRuns.modelCheckLong(BudgetLincheckTest.class, Units.class);
    }

    @Test
    @Tag("long")
    void stressLong() throws Exception {
        LincheckRuns.stressLong(BudgetLincheckTest.class, Units.class);
    }

    /** The same, one after the other, in units. */
    public static class Units {

        private final int[] used = new int[2];
        private final List<Deque<int[]>> leases = deques();

        public boolean acquire(int thread, int pool, int units) {
            if (used[pool] + units > CHILD_UNITS || used[0] + used[1] + units > ROOT_UNITS) {
                return false;
            }
            used[pool] += units;
            return leases.get(thread).add(new int[] {pool, units});
        }

        public boolean release(int thread) {
            int[] oldest = leases.get(thread).poll();
            if (oldest == null) {
                return false;
            }
            used[oldest[0]] -= oldest[1];
            return true;
        }

        public void clear(int pool) {}
    }
}
