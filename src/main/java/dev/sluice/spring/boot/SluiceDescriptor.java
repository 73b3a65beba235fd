package dev.sluice.spring.boot;

import dev.sluice.LeakDetection;
import dev.sluice.PoolStats;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.OperationResponseBody;

/**
 * What the endpoint {@code sluice} answers: budgets, pools, and the process around them, as they are now. What only
 * grows is a count since the start; the difference of two answers, by the difference of their times, is a rate.
 * What is null here is absent in JSON.
 *
 * @param time when this was so
 * @param health whether the pools serve everybody
 * @param exhaustion what happens to requests when memory is short
 * @param process the memory of the JVM
 * @param budgets the budgets that have no parent, and beneath them those that the described pools draw on
 * @param pools the pools that were asked for
 * @param page which of all pools those are
 * @param totals sums over all pools
 * @param leases who has held and who has waited for memory for longest
 */
public record SluiceDescriptor(
        Instant time,
        Health health,
        Exhaustion exhaustion,
        ProcessMemory process,
        List<Budget> budgets,
        List<Pool> pools,
        Page page,
        Totals totals,
        Leases leases)
        implements OperationResponseBody {

    /**
     * Whether the pools serve everybody.
     *
     * @param status {@code UP}, {@code DEGRADED} or {@code OUT_OF_SERVICE}
     * @param reason why it is not up, with numbers; null if it is
     */
    public record Health(String status, @Nullable String reason) {}

    /**
     * What happens to requests when memory is short.
     *
     * @param policy {@code WAIT}, {@code DEADLINE} or {@code REFUSE}
     * @param deadlineMillis how long a request waits; null if that is not bounded
     * @param retryAfterSeconds what a refused client is told
     * @param maxBodyBytes the largest request body; null if that is not bounded
     */
    public record Exhaustion(
            String policy,
            @Nullable Long deadlineMillis,
            long retryAfterSeconds,
            @Nullable Long maxBodyBytes) {}

    /**
     * The memory of the JVM.
     *
     * @param pid the number of the process
     * @param uptimeMillis the time since it started
     * @param residentBytes what of it is in memory; null where the system does not say
     * @param heapUsedBytes the heap in use, garbage included
     * @param heapCommittedBytes the heap that the system has provided
     * @param heapMaxBytes the largest heap
     * @param directUsedBytes direct buffers that the JVM counts; up to Java 21, those of the pools are among them; null
     *     where the JVM does not say
     * @param directMaxBytes the most direct buffers that the JVM allows
     */
    public record ProcessMemory(
            long pid,
            long uptimeMillis,
            @Nullable Long residentBytes,
            long heapUsedBytes,
            long heapCommittedBytes,
            long heapMaxBytes,
            @Nullable Long directUsedBytes,
            long directMaxBytes) {}

    /**
     * A budget, with all that stands beneath it.
     *
     * @param name its name
     * @param limitBytes its limit; null if it has none
     * @param usedBytes what is charged, in use and idle
     * @param peakBytes the most that was ever charged at once
     * @param inUseBytes the capacity of the buffers in use beneath it
     * @param idleBytes what the pools beneath it own and nobody leases
     * @param pending requests that wait for memory beneath it
     * @param demand buffers that subscribers want and were not given yet
     * @param demandBytes the same in bytes
     * @param pools the names of the pools that draw on it directly
     * @param children the budgets beneath it
     */
    public record Budget(
            String name,
            @Nullable Long limitBytes,
            long usedBytes,
            long peakBytes,
            long inUseBytes,
            long idleBytes,
            long pending,
            long demand,
            long demandBytes,
            List<String> pools,
            List<Budget> children) {}

    /**
     * A pool.
     *
     * @param name its name
     * @param budget the name of the budget that it draws on
     * @param closed whether it was closed
     * @param acquiredBytes the capacity of all buffers of up to 4 MiB that were ever leased: a count
     * @param stats what it has done and holds, over all sizes
     * @param sizes the same for each size that was ever used, smallest first
     */
    public record Pool(
            String name, String budget, boolean closed, long acquiredBytes, PoolStats stats, List<Size> sizes) {}

    /**
     * A size class of a pool.
     *
     * @param capacity the capacity of its buffers; null for all sizes above 4 MiB together
     * @param stats what it has done and holds
     */
    public record Size(@Nullable Integer capacity, PoolStats stats) {}

    /**
     * Which pools are described: an application with many tenants has many.
     *
     * @param offset how many were skipped
     * @param count how many are described
     * @param total how many there are
     */
    public record Page(int offset, int count, int total) {}

    /**
     * Sums over all pools.
     *
     * @param acquisitions buffers ever leased: a count
     * @param releases buffers that ever came back: a count
     * @param acquiredBytes the capacity of all buffers of up to 4 MiB that were ever leased: a count
     * @param buffersInUse buffers in use
     * @param bytesInUse their capacity
     * @param idleBytes what the pools own and nobody leases
     * @param pending requests that wait for memory
     * @param demand buffers that subscribers want and were not given yet
     * @param demandBytes the same in bytes
     * @param lost buffers given up because a lease of theirs became garbage unreleased: a count
     */
    public record Totals(
            long acquisitions,
            long releases,
            long acquiredBytes,
            long buffersInUse,
            long bytesInUse,
            long idleBytes,
            long pending,
            long demand,
            long demandBytes,
            long lost) {}

    /**
     * Who has held and who has waited for memory for longest.
     *
     * @param detection which leases are watched; of others nothing is known
     * @param oldest the watched leases that were taken first, at most 20, oldest first
     * @param waiting the requests that have waited for longest, at most 20, oldest first
     */
    public record Leases(@Nullable LeakDetection detection, List<Lease> oldest, List<Waiting> waiting) {}

    /**
     * A lease that is out.
     *
     * @param pool the name of its pool
     * @param length the bytes that it was taken for
     * @param capacity the bytes that it pins
     * @param holder who holds it; null if nobody was named
     * @param takenAt the stack that took it, the caller first; empty if a holder was named
     * @param lastTouch the last hint it was touched with; null if there was none
     * @param ageMillis the time since it was taken
     */
    public record Lease(
            String pool,
            int length,
            int capacity,
            @Nullable String holder,
            List<String> takenAt,
            @Nullable String lastTouch,
            long ageMillis) {}

    /**
     * A request that waits.
     *
     * @param pool the name of its pool
     * @param size the bytes that it asks for
     * @param holder who asks; null if nobody was named
     * @param reason what it waits for
     * @param ageMillis how long it has waited
     */
    public record Waiting(String pool, int size, @Nullable String holder, String reason, long ageMillis) {}
}
