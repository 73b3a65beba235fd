package dev.sluice;

/** Adds up slabs and size classes for one {@link PoolStats}. Not thread-safe. */
final class SizeTally {

    private long made;
    private long available;
    private long ended;
    private long bytesInUse;
    private long allocatedBytes;
    private long pending;
    private long demand;
    private long demandBytes;
    private long misses;
    private long reclaimedBytes;
    private long shrunkBytes;
    private long lost;
    private long peakBuffers;
    private long peakBytes;

    /** A slab. */
    void add(int made, int available, long ended, long bytesInUse) {
        this.made += made;
        this.available += available;
        this.ended += ended;
        this.bytesInUse += bytesInUse;
    }

    /** A size class, apart from its slabs. */
    void add(SizeClass.Counts counts, int pending, long demand, int slotBytes) {
        this.ended += counts.endedBefore;
        this.misses += counts.misses;
        this.reclaimedBytes += counts.reclaimedBytes;
        this.shrunkBytes += counts.shrunkBytes;
        this.lost += counts.lost;
        this.allocatedBytes += counts.bytes.now();
        this.pending += pending;
        this.demand += demand;
        this.demandBytes = saturatedSum(this.demandBytes, saturatedProduct(demand, slotBytes));
        this.peakBuffers += counts.buffers.peak();
        this.peakBytes += counts.bytes.peak();
    }

    private static long saturatedProduct(long a, int b) {
        return a > Long.MAX_VALUE / b ? Long.MAX_VALUE : a * b;
    }

    private static long saturatedSum(long a, long b) {
        return a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b;
    }

    /** Replaces the sum of the peaks of the classes by the peak of their sum. */
    void peaks(long buffers, long bytes) {
        peakBuffers = buffers;
        peakBytes = bytes;
    }

    PoolStats stats(long limitBytes) {
        long inUse = made - available;
        long releases = ended - lost;
        long acquisitions = ended + inUse;
        long missed = Math.min(misses, acquisitions);
        return new PoolStats(
                made,
                inUse,
                available,
                Math.max(peakBuffers, made),
                acquisitions,
                releases,
                allocatedBytes,
                bytesInUse,
                allocatedBytes - bytesInUse,
                Math.max(peakBytes, allocatedBytes),
                limitBytes,
                pending,
                demand,
                demandBytes,
                acquisitions - missed,
                missed,
                reclaimedBytes,
                shrunkBytes,
                lost);
    }
}
