package dev.sluice.micrometer;

import dev.sluice.BufferPool;
import dev.sluice.PoolStats;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;

/**
 * The numbers of a pool, taken once for all meters that are collected together: each meter remembers which snapshot it
 * has read, and a meter that would read one a second time takes the next. One that is old is not read at all, so meters
 * that are read now and then do not see the past.
 */
final class PoolMetricsReadings {

    private static final long MAX_AGE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /**
     * One meter, which a registry keeps; refers to nothing.
     *
     * @param <T> what it is read from
     */
    static final class Reader<T> {

        private final ToDoubleFunction<T> number;
        private long seen;

        Reader(ToDoubleFunction<T> number) {
            this.number = number;
        }
    }

    /**
     * All numbers of one time.
     *
     * @param total what is not told by size
     */
    record Snapshot(SortedMap<Integer, PoolStats> bySize, PoolStats total, long budgetUsed, long budgetLimit) {}

    private final BufferPool pool;
    private final LongSupplier nanoTime;
    private final Consumer<Set<Integer>> onSizes;

    /** Guarded by this, as is all below. */
    private Snapshot snapshot;

    /** Of the snapshot; 0 for the first, which nobody reads, since every reader begins as if it had. */
    private long number;

    private long takenNanos;

    /**
     * Takes the first snapshot.
     *
     * @param nanoTime tells how old a snapshot is
     * @param onSizes is told with every later one which sizes were ever used
     */
    PoolMetricsReadings(BufferPool pool, LongSupplier nanoTime, Consumer<Set<Integer>> onSizes) {
        this.pool = pool;
        this.nanoTime = nanoTime;
        this.onSizes = onSizes;
        this.snapshot = take();
    }

    private Snapshot take() {
        takenNanos = nanoTime.getAsLong();
        return new Snapshot(
                pool.statsBySize(),
                pool.stats(),
                pool.budget().used(),
                pool.budget().limit());
    }

    /** The sizes that were used up to now. */
    Set<Integer> sizes() {
        return pool.statsBySize().keySet();
    }

    synchronized long snapshots() {
        return number;
    }

    /** Reads a number of one size; 0 if that was never used. */
    double read(int size, Reader<PoolStats> reader) {
        PoolStats stats = freshFor(reader).bySize.get(size);
        return stats == null ? 0 : reader.number.applyAsDouble(stats);
    }

    double read(Reader<Snapshot> reader) {
        return reader.number.applyAsDouble(freshFor(reader));
    }

    private Snapshot freshFor(Reader<?> reader) {
        Snapshot now;
        synchronized (this) {
            if (reader.seen != number && nanoTime.getAsLong() - takenNanos <= MAX_AGE_NANOS) {
                reader.seen = number;
                return snapshot;
            }
            now = take();
            snapshot = now;
            number++;
            reader.seen = number;
        }
        onSizes.accept(now.bySize.keySet());
        return now;
    }
}
