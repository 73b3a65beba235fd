package dev.sluice;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Future;

/**
 * Gives back idle memory that recent demand does not justify.
 *
 * <p>At each look, one interval after the other, a size class learns its demand: the slots that were leased at any time
 * since the last look, which is the peak of what was in flight, and what subscribers and waiting requests still want.
 *
 * <pre>{@code justified = max(demand of this interval, justified / 2)}</pre>
 *
 * What exceeds it goes, a whole idle slab at a time, the longest unused first. So each interval of silence gives back half
 * of what a burst left, and the last slab goes when nothing is justified any more: after a burst of 8,192 buffers, at the
 * fifteenth look.
 *
 * <p>The timer runs only while something is idle. Look against release: the shrinker declares itself dormant, then looks
 * for idle memory once more; a releaser sets its bit, then asks whether the shrinker is dormant. One of them sees the
 * other and arms the timer; if both do, the second finds it armed.
 */
final class Shrinker implements Runnable {

    private static final System.Logger LOG = System.getLogger("dev.sluice");

    private final BufferPool pool;
    private final PoolClock clock;
    private final long intervalNanos;
    private final long minIdleBytes;

    Shrinker(BufferPool pool, PoolClock clock, long intervalNanos, long minIdleBytes) {
        this.pool = pool;
        this.clock = clock;
        this.intervalNanos = intervalNanos;
        this.minIdleBytes = minIdleBytes;
    }

    /** Sees to it that the next look comes; called for whoever finds the pool dormant. */
    void arm() {
        if (pool.wake()) {
            lookLater();
        }
    }

    private void lookLater() {
        Future<?> unused = clock.schedule(this, intervalNanos);
    }

    @Override
    public void run() {
        try {
            NativeTrim.trimOnceCalm(look(true));
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "pool '" + pool.name() + "' could not shrink", e);
        }
        if (pool.hasIdle()) {
            lookLater();
            return;
        }
        pool.sleep();
        if (pool.hasIdle()) {
            arm();
        }
    }

    /** Shrinks to what is in use and wanted now: one look ends the interval, the next finds nothing used within it. */
    long shrinkNow() {
        return look(false) + look(false);
    }

    private long look(boolean remember) {
        List<Weighing> weighings = new ArrayList<>();
        synchronized (pool.ledger()) {
            long spare = pool.idleBytesLocked() - minIdleBytes;
            for (SizeClass sizeClass : pool.sizeClasses()) {
                Weighing weighing = weighLocked(sizeClass, remember, spare);
                spare -= weighing.unjustifiedBytes();
                weighings.add(weighing);
            }
        }
        return weighings.stream().mapToLong(this::carryOut).sum();
    }

    /** What a look saw of one size, in slots, and what it decided. */
    private record Weighing(
            SizeClass sizeClass,
            long used,
            long demand,
            long justifiedBefore,
            long justified,
            long slots,
            List<Slab> unjustified,
            long unjustifiedBytes) {

        boolean isOfNothing() {
            return slots == 0 && justifiedBefore == 0 && justified == 0;
        }
    }

    private static Weighing weighLocked(SizeClass sizeClass, boolean remember, long spare) {
        long used = sizeClass.usedSlotsLocked();
        long demand = sizeClass.demandLocked();
        long before = sizeClass.justified;
        long slots = sizeClass.slotsLocked();
        sizeClass.justified = Math.max(used + demand, remember ? before / 2 : 0);
        List<Slab> unjustified = new ArrayList<>();
        long bytes = chooseUnjustified(sizeClass, spare, unjustified);
        return new Weighing(sizeClass, used, demand, before, sizeClass.justified, slots, unjustified, bytes);
    }

    private long carryOut(Weighing weighing) {
        long bytes = giveBack(weighing.unjustified, PoolEvent.SlabFreed.Reason.SHRINK);
        if (!weighing.isOfNothing()) {
            pool.events()
                    .weighed(
                            weighing.sizeClass,
                            weighing.used,
                            weighing.demand,
                            weighing.justifiedBefore,
                            weighing.justified,
                            weighing.slots,
                            bytes);
        }
        return bytes;
    }

    /** Gives back every slab of which nothing is leased, and drops the buffers that are idle in the others. */
    long clear(PoolEvent.SlabFreed.Reason reason) {
        List<Slab> idle = new ArrayList<>();
        synchronized (pool.ledger()) {
            pool.sizeClasses().forEach(sizeClass -> idle.addAll(sizeClass.idleSlabsLocked()));
        }
        long bytes = giveBack(idle, reason);
        synchronized (pool.ledger()) {
            pool.sizeClasses().forEach(SizeClass::unmakeIdleLocked);
        }
        // A look that came while the idle slots were taken out saw none, and may have gone dormant.
        if (pool.hasIdle()) {
            arm();
        }
        return bytes;
    }

    private long giveBack(List<Slab> slabs, PoolEvent.SlabFreed.Reason reason) {
        return slabs.stream()
                .mapToLong(slab -> pool.ledger().giveBack(slab, reason))
                .sum();
    }

    /** Adds to a list what a class has too much of; returns its bytes, which are at most those to spare. */
    private static long chooseUnjustified(SizeClass sizeClass, long spare, List<Slab> unjustified) {
        long slots = sizeClass.slotsLocked();
        if (slots <= sizeClass.justified) {
            return 0;
        }
        List<Slab> idle = sizeClass.idleSlabsLocked();
        idle.sort(Comparator.comparingInt((Slab slab) -> slab.idleLooks).reversed());
        long bytes = 0;
        for (Slab slab : idle) {
            int count = slab.slotCountLocked();
            if (slots - count >= sizeClass.justified && bytes + slab.bytesLocked() <= spare) {
                unjustified.add(slab);
                slots -= count;
                bytes += slab.bytesLocked();
            }
        }
        return bytes;
    }
}
