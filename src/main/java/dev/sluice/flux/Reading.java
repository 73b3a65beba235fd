package dev.sluice.flux;

import dev.sluice.BufferPool;
import dev.sluice.Demand;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * What a subscription has while its source is open: the source, the sizes in which it is read, and the account of
 * demand with the pool. Used by one thread at a time, but for {@link #interrupt()}.
 */
final class Reading {

    /** Of an unbounded request, what the pool is told: enough to keep memory warm, too little to hoard it. */
    private static final int MAX_REPORTED_BLOCKS = 8;

    private final ByteSource source;
    private final ReadBlocks blocks;
    private final Demand demand;
    private long reportedBlocks;

    private Reading(ByteSource source, ReadBlocks blocks, Demand demand) {
        this.source = source;
        this.blocks = blocks;
        this.demand = demand;
    }

    /**
     * Opens the source of a subscription.
     *
     * @param answered run when a read that was to end later has ended
     */
    static Reading open(FluxRead flux, Runnable answered) throws Exception {
        ByteSource source = flux.opener.open(answered);
        try {
            BufferPool pool = flux.pool;
            ReadBlocks blocks = source.fillsChunks()
                    ? ReadBlocks.of(flux.chunkSize, source.size(), pool.budget())
                    : new ReadBlocks(flux.chunkSize, 1);
            return new Reading(source, blocks, pool.demand(blocks.largestBytes()));
        } catch (RuntimeException e) {
            source.close();
            throw e;
        }
    }

    int chunkBytes() {
        return blocks.chunkBytes();
    }

    /** How much to take for the next read. */
    int bytesFor(long requestedChunks) {
        return blocks.bytesFor(requestedChunks, source.remaining());
    }

    /** Tells the pool what is still to be delivered. */
    void report(long outstandingChunks) {
        long now = Math.min(blocks.holding(outstandingChunks), MAX_REPORTED_BLOCKS);
        if (now != reportedBlocks) {
            demand.add(now - reportedBlocks);
            reportedBlocks = now;
        }
    }

    boolean isAtEnd() {
        return source.isAtEnd();
    }

    /** How long to wait before the next read; what is waited for so long is no demand. */
    long pauseNanos() throws IOException {
        long pause = source.pauseNanos();
        if (pause > 0) {
            report(0);
        }
        return pause;
    }

    /** Sets the limit so that nothing is read beyond what remains. */
    ByteBuffer limited(ByteBuffer target) {
        return target.limit((int) Math.min(target.limit(), source.remaining()));
    }

    ByteSource.Read read(ByteBuffer target) throws IOException {
        return source.read(target);
    }

    /** Ends a read that is under way, if that is possible. May be called by any thread. */
    void interrupt() {
        source.interrupt();
    }

    /** Closes, and complains if the source has ended too soon. */
    void closeAtEnd() throws IOException {
        demand.close();
        source.closeAtEnd();
    }

    void close() throws IOException {
        demand.close();
        source.close();
    }
}
