package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Requests to two pools on one budget are served as if all came to one queue, first come, first served; a cancel gives a
 * turn up or finds that it has come.
 *
 * <p>Releases do not run in parallel with each other here, and all sizes are equal. That is what the ledger promises: it
 * <i>decides</i> in turn, under its lock, and delivers without it; so of two grants that two releases made, the later may
 * be seen first, and a request whose grant is on its way still counts for what it wants when it is cancelled.
 *
 * <p>Model checking and stress both work here: a request that waits is a future, not a thread.
 */
@Param(name = "thread", gen = ThreadIdGen.class)
@Param(name = "pool", gen = IntGen.class, conf = "0:1")
public class WaitingLincheckTest {

    private static final int UNIT_BYTES = 64;
    private static final int UNITS = 2;
    private static final int THREADS = 3;

    private final MemoryBudget budget = MemoryBudget.of(UNITS * UNIT_BYTES);
    private final List<BufferPool> pools = Stream.generate(
                    () -> PoolAccount.quietPool().budget(budget).build())
            .limit(2)
            .toList();

    /** Leases from the beginning, one of each pool; touched by the one thread that releases. */
    private final Deque<PooledBuffer> held = new ArrayDeque<>();

    private final List<Deque<CompletableFuture<PooledBuffer>>> requests = deques();
    private final List<Deque<PooledBuffer>> granted = deques();

    public WaitingLincheckTest() {
        pools.forEach(pool -> held.add(pool.acquire(UNIT_BYTES)));
    }

    private static <T> List<Deque<T>> deques() {
        return Stream.<Deque<T>>generate(ArrayDeque::new).limit(THREADS).toList();
    }

    /** Tells nothing: whether the turn has come is seen later than the place in the queue was taken. */
    @Operation(params = {"thread", "pool"})
    public void request(int thread, int pool) {
        requests.get(thread).add(pools.get(pool).request(UNIT_BYTES));
    }

    /** Cancels this thread's oldest request: whether its turn had not come yet; if it had, the lease is kept. */
    @Operation(params = "thread")
    public String cancel(int thread) {
        CompletableFuture<PooledBuffer> oldest = requests.get(thread).poll();
        if (oldest == null) {
            return "nothing";
        }
        if (oldest.cancel(false)) {
            return "cancelled";
        }
        granted.get(thread).add(oldest.join());
        return "granted";
    }

    @Operation(params = "thread", nonParallelGroup = "release")
    public boolean release(int thread) {
        PooledBuffer lease = held.isEmpty() ? granted.get(thread).poll() : held.poll();
        if (lease == null) {
            return false;
        }
        lease.release();
        return true;
    }

    @Validate
    public void account() {
        long waiting = requests.stream()
                .flatMap(Deque::stream)
                .filter(request -> !request.isDone())
                .count();
        long inUse =
                pools.stream().mapToLong(pool -> pool.stats().buffersInUse()).sum();
        long pending = pools.stream().mapToLong(pool -> pool.stats().pending()).sum();
        assertEquals(waiting, pending, "pending");
        assertEquals(waiting > 0 ? UNITS : leased(), inUse, "buffers in use while %d wait".formatted(waiting));
    }

    private long leased() {
        return held.size()
                + granted.stream().mapToLong(Deque::size).sum()
                + requests.stream()
                        .flatMap(Deque::stream)
                        .filter(CompletableFuture::isDone)
                        .count();
    }

    @Test
    void modelChecking() throws Exception {
        LincheckRuns.modelCheck(
                WaitingLincheckTest.class,
                Turns.class,
                "request 1 0 | release 2",
                "request 1 1 | release 2",
                "request 1 0, cancel 1 | release 2",
                "request 1 0, cancel 1, request 1 1 | release 2, release 2",
                "request 1 0, request 1 1 | request 2 1, release 2, release 2");
    }

    @Test
    void stress() throws Exception {
        LincheckRuns.stress(WaitingLincheckTest.class, Turns.class);
    }

    @Test
    @Tag("long")
    void modelCheckingLong() throws Exception {
        LincheckRuns.modelCheckLong(WaitingLincheckTest.class, Turns.class);
    }

    @Test
    @Tag("long")
    void stressLong() throws Exception {
        LincheckRuns.stressLong(WaitingLincheckTest.class, Turns.class);
    }

    /** The same, one after the other. A request is an array of one: whether its turn has come. */
    public static class Turns {

        private final Deque<boolean[]> queue = new ArrayDeque<>();
        private final List<Deque<boolean[]>> requests = deques();
        private final int[] granted = new int[THREADS];
        private int held = UNITS;
        private int free;

        public void request(int thread, int pool) {
            boolean[] request = {free > 0};
            if (request[0]) {
                free--;
            } else {
                queue.add(request);
            }
            requests.get(thread).add(request);
        }

        public String cancel(int thread) {
            boolean[] oldest = requests.get(thread).poll();
            if (oldest == null) {
                return "nothing";
            }
            if (queue.remove(oldest)) {
                return "cancelled";
            }
            granted[thread]++;
            return "granted";
        }

        public boolean release(int thread) {
            if (held > 0) {
                held--;
            } else if (granted[thread] > 0) {
                granted[thread]--;
            } else {
                return false;
            }
            boolean[] next = queue.poll();
            if (next == null) {
                free++;
            } else {
                next[0] = true;
            }
            return true;
        }
    }
}
