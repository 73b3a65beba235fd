package dev.sluice.testing;

import static dev.sluice.testing.Messages.message;

import dev.sluice.BufferPool;
import dev.sluice.MemoryBudget;
import dev.sluice.PoolStats;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.ToLongFunction;

/**
 * Says what must hold of a pool, in any test framework: {@code PoolVerifier.that(pool).hasInFlight(2).hasPending(0)}.
 *
 * <p>Each call verifies at once, or waits as long as {@link #within} allows until it holds, and throws an {@code
 * AssertionError} that has all numbers of the pool, and the leases that are out. Immutable and thread-safe.
 */
public final class PoolVerifier {

    private final BufferPool pool;
    private final Duration patience;

    private PoolVerifier(BufferPool pool, Duration patience) {
        this.pool = pool;
        this.patience = patience;
    }

    /**
     * Begins to verify a pool.
     *
     * @param pool the pool
     * @return verifies what holds now, without waiting
     */
    public static PoolVerifier that(BufferPool pool) {
        return new PoolVerifier(Objects.requireNonNull(pool, "pool"), Duration.ZERO);
    }

    /**
     * Lets whatever is verified next become true in some time: buffers come back on other threads.
     *
     * @param patience how long to wait for each of it, at least 0
     * @return verifies what holds within that time
     */
    public PoolVerifier within(Duration patience) {
        return new PoolVerifier(pool, Objects.requireNonNull(patience, "patience"));
    }

    /**
     * Verifies how many buffers are leased and not yet released; leases that share a buffer count once.
     *
     * @param buffers the number
     * @return this
     * @throws AssertionError if it is another
     */
    public PoolVerifier hasInFlight(long buffers) {
        return has("buffers in flight", PoolStats::buffersInUse, buffers);
    }

    /**
     * Verifies the capacity of the buffers in flight.
     *
     * @param bytes the number
     * @return this
     * @throws AssertionError if it is another
     */
    public PoolVerifier hasInFlightBytes(long bytes) {
        return has("bytes in flight", PoolStats::bytesInUse, bytes);
    }

    /**
     * Verifies how many buffers are owned by the pool and leased by nobody.
     *
     * @param buffers the number
     * @return this
     * @throws AssertionError if it is another
     */
    public PoolVerifier hasIdle(long buffers) {
        return has("idle buffers", PoolStats::availableBuffers, buffers);
    }

    /**
     * Verifies how much is owned by the pool and leased by nobody.
     *
     * @param bytes the number
     * @return this
     * @throws AssertionError if it is another
     */
    public PoolVerifier hasIdleBytes(long bytes) {
        return has("idle bytes", PoolStats::idleBytes, bytes);
    }

    /**
     * Verifies what is charged to the budget, in use and idle.
     *
     * @param bytes the number
     * @return this
     * @throws AssertionError if it is another
     */
    public PoolVerifier hasAllocatedBytes(long bytes) {
        return has("allocated bytes", PoolStats::allocatedBytes, bytes);
    }

    /**
     * Verifies how many requests wait for memory.
     *
     * @param requests the number
     * @return this
     * @throws AssertionError if it is another
     */
    public PoolVerifier hasPending(long requests) {
        return has("pending requests", PoolStats::pending, requests);
    }

    /**
     * Verifies how many buffers subscribers have requested and not yet been given, pending requests included.
     *
     * @param buffers the number
     * @return this
     * @throws AssertionError if it is another
     */
    public PoolVerifier hasDemand(long buffers) {
        return has("buffers of demand", PoolStats::demand, buffers);
    }

    /**
     * Verifies how many buffers were given up because a lease of theirs became garbage unreleased.
     *
     * @param buffers the number
     * @return this
     * @throws AssertionError if it is another
     */
    public PoolVerifier hasLost(long buffers) {
        return has("lost buffers", PoolStats::lost, buffers);
    }

    /**
     * Verifies that nothing is in flight, nobody waits and nobody wants anything, and that the account is sound.
     *
     * @return this
     * @throws AssertionError if something is left
     */
    public PoolVerifier isAtRest() {
        Patience waiting = Patience.of(patience);
        PoolWatchAccount left = PoolWatchAccount.of(pool);
        while (!left.isAtRest() && waiting.goesOn()) {
            left = PoolWatchAccount.of(pool);
        }
        if (!left.isAtRest()) {
            throw new AssertionError(message(
                    "pool '%s' is not at rest%s: %s%s", pool.name(), waiting, left, PoolWatchAccount.report(pool)));
        }
        return isSound();
    }

    /**
     * {@code within(patience).isAtRest()}.
     *
     * @param patience how long to wait for it, at least 0
     * @return this, as patient as before
     * @throws AssertionError if something is left
     */
    public PoolVerifier isAtRest(Duration patience) {
        within(patience).isAtRest();
        return this;
    }

    /**
     * Verifies that the numbers of the pool and of its budgets agree with one another, which they always do.
     *
     * @return this
     * @throws AssertionError if they do not
     */
    public PoolVerifier isSound() {
        PoolStats stats = pool.stats();
        List<String> wrong = new ArrayList<>();
        same(wrong, "in use + idle buffers", stats.buffersInUse() + stats.availableBuffers(), stats.totalAllocated());
        same(wrong, "in use + idle bytes", stats.bytesInUse() + stats.idleBytes(), stats.allocatedBytes());
        same(wrong, "hits + misses", stats.hits() + stats.misses(), stats.totalAcquisitions());
        same(
                wrong,
                "acquisitions - releases - lost",
                stats.totalAcquisitions() - stats.totalReleases() - stats.lost(),
                stats.buffersInUse());
        for (MemoryBudget budget = pool.budget(); budget != null; budget = budget.parent()) {
            long used = budget.used();
            long least = Math.min(stats.allocatedBytes(), pool.stats().allocatedBytes()); // it may shrink meanwhile
            if (used < least || used > budget.limit()) {
                wrong.add(message(
                        "%,d bytes are charged to budget '%s', and not from %,d to its limit of %,d",
                        used, budget.name(), least, budget.limit()));
            }
        }
        if (!wrong.isEmpty()) {
            throw new AssertionError(message("the account of pool '%s' is wrong: %s", pool, wrong));
        }
        return this;
    }

    private static void same(List<String> wrong, String what, long actual, long expected) {
        if (actual != expected) {
            wrong.add(message("%s are %,d, not %,d", what, actual, expected));
        }
    }

    private PoolVerifier has(String what, ToLongFunction<PoolStats> number, long expected) {
        Patience waiting = Patience.of(patience);
        PoolWatchAccount account = PoolWatchAccount.of(pool);
        while (number.applyAsLong(account.stats()) != expected && waiting.goesOn()) {
            account = PoolWatchAccount.of(pool);
        }
        long actual = number.applyAsLong(account.stats());
        if (actual != expected) {
            throw new AssertionError(message(
                    "pool '%s' has %,d %s%s, not %,d: %s%s",
                    pool.name(), actual, what, waiting, expected, account, PoolWatchAccount.report(pool)));
        }
        return this;
    }
}
