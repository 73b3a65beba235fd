package dev.sluice;

/**
 * A snapshot of a pool, or of one size class of it.
 *
 * <p>Nothing on the hot path counts: in use is read from the free sets, acquisitions from the generations of the slots.
 * A snapshot taken while other threads acquire and release is therefore not one instant of the whole pool, but these
 * always hold within one snapshot: {@code buffersInUse + availableBuffers == totalAllocated},
 * {@code bytesInUse + idleBytes == allocatedBytes} and {@code hits + misses == totalAcquisitions}. At rest every number
 * is exact.
 *
 * @param totalAllocated buffers that exist now, in use or idle
 * @param buffersInUse buffers that are leased and not yet released; leases that share a buffer count once
 * @param availableBuffers buffers that are idle and ready to be leased
 * @param peakAllocation the most buffers that existed at once since the pool was made
 * @param totalAcquisitions buffers ever leased; {@code retain} and {@code slice} share a buffer and do not count
 * @param totalReleases buffers that ever came back
 * @param allocatedBytes what is charged to the budget: the whole slabs, parts not yet made into buffers included
 * @param bytesInUse capacity of the buffers in use
 * @param idleBytes {@code allocatedBytes - bytesInUse}
 * @param peakBytes the most bytes that were ever charged at once
 * @param limitBytes the limit of the pool's budget, which no parent's is below; {@link Long#MAX_VALUE} if none
 * @param pending requests that wait for memory
 * @param demand buffers that subscribers have requested and not yet been given, pending requests included
 * @param demandBytes the same in bytes of capacity
 * @param hits acquisitions that found a free slot of their size class
 * @param misses acquisitions for which memory had to be made or waited for
 * @param reclaimedBytes idle bytes given up for a request of another size class or pool
 * @param shrunkBytes idle bytes given back to the system by shrinking
 * @param lost buffers given up because a lease of theirs became garbage unreleased
 */
public record PoolStats(
        long totalAllocated,
        long buffersInUse,
        long availableBuffers,
        long peakAllocation,
        long totalAcquisitions,
        long totalReleases,
        long allocatedBytes,
        long bytesInUse,
        long idleBytes,
        long peakBytes,
        long limitBytes,
        long pending,
        long demand,
        long demandBytes,
        long hits,
        long misses,
        long reclaimedBytes,
        long shrunkBytes,
        long lost) {

    /**
     * The share of acquisitions that found a free slot of their size class.
     *
     * @return {@code hits / totalAcquisitions}, from 0 to 1; 1 before the first acquisition
     */
    public double hitRate() {
        return totalAcquisitions == 0 ? 1.0 : (double) hits / totalAcquisitions;
    }

    /**
     * How full the budget is.
     *
     * @return {@code allocatedBytes / limitBytes}, from 0 to 1; 0 where there is no limit
     */
    public double utilization() {
        return limitBytes == Long.MAX_VALUE ? 0.0 : (double) allocatedBytes / limitBytes;
    }
}
