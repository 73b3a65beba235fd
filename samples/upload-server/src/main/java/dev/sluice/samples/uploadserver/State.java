package dev.sluice.samples.uploadserver;

import dev.sluice.BufferPool;
import dev.sluice.PoolStats;
import java.util.List;

/**
 * What goes on now: what {@code GET /progress} answers, and what the terminal shows.
 *
 * @param uploads those that are running, the oldest first
 * @param stored how many uploads have been stored since the start
 * @param storedBytes how many bytes these had
 * @param failed how many were broken off
 * @param pool the memory
 */
record State(List<Upload.Seen> uploads, long stored, long storedBytes, long failed, Memory pool) {

    /**
     * The state of the pool.
     *
     * @param maxBytes the budget
     * @param bytesInUse in flight
     * @param idleBytes owned by the pool and leased by nobody
     * @param peakBytes the most that both ever were together
     * @param buffersInUse how many buffers are in flight
     * @param pending how many requests wait for memory
     */
    record Memory(long maxBytes, long bytesInUse, long idleBytes, long peakBytes, long buffersInUse, long pending) {

        static Memory of(PoolStats stats) {
            return new Memory(
                    stats.limitBytes(),
                    stats.bytesInUse(),
                    stats.idleBytes(),
                    stats.peakBytes(),
                    stats.buffersInUse(),
                    stats.pending());
        }
    }

    static State of(Uploads uploads, BufferPool pool) {
        return new State(
                uploads.running(), uploads.stored(), uploads.storedBytes(), uploads.failed(), Memory.of(pool.stats()));
    }
}
