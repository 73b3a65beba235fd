package dev.sluice;

import static dev.sluice.Messages.message;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The one account of bytes that pools draw on: in use + idle &lt;= limit, at every instant any thread can observe.
 *
 * <p>Several pools may share a budget, and budgets nest: what a pool takes is charged to its budget and to every parent
 * of it, all or none. A full parent refuses a child that has room. The limits of the children of one budget may add up
 * to more than its own.
 *
 * <p>A budget counts what is pinned, that is the capacity of whole slabs, not what is readable. It needs no closing: it
 * is garbage with its last pool. A pool that is dropped unclosed is credited once the collector has found it.
 * Thread-safe.
 */
public final class MemoryBudget {

    private static final String DEFAULT_NAME = "budget";

    private final String name;
    private final long limit;
    private final @Nullable MemoryBudget parent;
    private final Ledger ledger;

    /** Those who wait for room here, in turn. Guarded by the ledger. */
    final WaitLine line;

    /** The idle slabs of all pools beneath. Guarded by the ledger. */
    final SlabIdleList idle = new SlabIdleList();

    /** Written under the ledger's lock, read by anyone: the sum of the charges beneath, {@code 0 <= used <= limit}. */
    private volatile long used;

    private volatile long peak;

    private MemoryBudget(String name, long limit, @Nullable MemoryBudget parent) {
        this.name = Objects.requireNonNull(name, "name");
        this.limit = limit;
        this.parent = parent;
        this.ledger = parent == null ? new Ledger() : parent.ledger;
        this.line = new WaitLine(parent == null ? null : parent.line, this::refusal);
        if (limit < 1) {
            throw new PoolConfigException(message("budget '%s': limit must be at least 1 byte, not %,d", name, limit));
        }
    }

    /**
     * Makes a budget.
     *
     * @param limit the most bytes that its pools may hold together, in use and idle; at least 1
     * @return the budget, with nothing charged
     * @throws PoolConfigException if the limit is below 1
     */
    public static MemoryBudget of(long limit) {
        return of(DEFAULT_NAME, limit);
    }

    /**
     * Makes a budget with a name, which appears in messages.
     *
     * @param name the name
     * @param limit the most bytes that its pools may hold together, in use and idle; at least 1
     * @return the budget, with nothing charged
     * @throws PoolConfigException if the limit is below 1
     */
    public static MemoryBudget of(String name, long limit) {
        return new MemoryBudget(name, limit, null);
    }

    /**
     * Makes a budget beneath this one: its charges count here too.
     *
     * @param name the name, which appears in messages
     * @param limit the most bytes that the child may hold; at least 1 and at most this budget's limit
     * @return the child, with nothing charged
     * @throws PoolConfigException if the limit is below 1 or above the limit of this budget
     */
    public MemoryBudget child(String name, long limit) {
        if (limit > this.limit) {
            throw new PoolConfigException(message(
                    "limit %,d of budget '%s' is above the limit %,d of its parent '%s'",
                    limit, name, this.limit, this.name));
        }
        return new MemoryBudget(name, limit, this);
    }

    /**
     * The name given to the budget.
     *
     * @return the name
     */
    public String name() {
        return name;
    }

    /**
     * The most bytes that may be charged.
     *
     * @return the limit in bytes, at least 1
     */
    public long limit() {
        return limit;
    }

    /**
     * What is charged now: in use and idle, of all pools beneath.
     *
     * @return the bytes, from 0 to {@link #limit()}
     */
    public long used() {
        return used;
    }

    /**
     * The most bytes that were ever charged at once.
     *
     * @return the bytes, from 0 to {@link #limit()}
     */
    public long peak() {
        return peak;
    }

    /**
     * What could still be charged here; a parent may have less.
     *
     * @return {@code limit() - used()}
     */
    public long available() {
        return limit - used;
    }

    /**
     * The budget above this one.
     *
     * @return the parent, or null for a budget made by {@link #of}
     */
    public @Nullable MemoryBudget parent() {
        return parent;
    }

    Ledger ledger() {
        return ledger;
    }

    boolean isWithin(MemoryBudget ancestor) {
        for (MemoryBudget budget = this; budget != null; budget = budget.parent) {
            if (budget == ancestor) {
                return true;
            }
        }
        return false;
    }

    /**
     * What of {@link #used()} is idle, in slabs of which nothing is leased: a request gets it before anybody waits.
     *
     * @return the bytes, at least 0
     */
    public long idle() {
        synchronized (ledger) {
            ledger.settleLocked();
            return idle.bytes();
        }
    }

    /** Whether there is room for more bytes, or would be if everything idle beneath went. */
    boolean couldHoldLocked(long bytes) {
        return bytes - (limit - used) <= idle.bytes();
    }

    /** The innermost budget from here upward that lacks room for more bytes, or null if all have it. */
    @Nullable MemoryBudget refusingLocked(long bytes) {
        for (MemoryBudget budget = this; budget != null; budget = budget.parent) {
            if (bytes > budget.limit - budget.used) {
                return budget;
            }
        }
        return null;
    }

    /** Charges here and above; the caller has asked {@link #refusingLocked} under the same lock. */
    void chargeLocked(long bytes) {
        assert refusingLocked(bytes) == null;
        for (MemoryBudget budget = this; budget != null; budget = budget.parent) {
            budget.setUsed(budget.used + bytes);
        }
    }

    void creditLocked(long bytes) {
        for (MemoryBudget budget = this; budget != null; budget = budget.parent) {
            assert bytes <= budget.used;
            budget.setUsed(budget.used - bytes);
        }
    }

    private String refusal() {
        return message("budget '%s' has used %,d of its %,d bytes", name, used, limit);
    }

    private void setUsed(long bytes) {
        used = bytes;
        if (bytes > peak) {
            peak = bytes;
        }
    }

    @Override
    public String toString() {
        return message("MemoryBudget[%s: %,d of %,d bytes]", name, used, limit);
    }
}
