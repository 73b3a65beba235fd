package dev.sluice.flux;

import dev.sluice.BufferPool;
import dev.sluice.Demand;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.LongSupplier;

/**
 * What a subscription has while its source is open: the source, the sizes in which it is read, and the account of
 * demand with the pool. Used by one thread at a time, but for {@link #report()} and {@link #interrupt()}.
 */
final class ReadState {

    /** Of an unbounded request, what the pool is told: enough to keep memory warm, too little to hoard it. */
    private static final int MAX_REPORTED_BLOCKS = 8;

    private final ByteSource source;
    private final ReadBlocks blocks;
    private final LongSupplier outstandingChunks;
    private final Demand demand;

    /** Guarded by this. */
    private long reportedBlocks;

    private ReadState(ByteSource source, ReadBlocks blocks, LongSupplier outstandingChunks, Demand demand) {
        this.source = source;
        this.blocks = blocks;
        this.outstandingChunks = outstandingChunks;
        this.demand = demand;
    }

    /**
     * Opens the source of a subscription.
     *
     * @param outstandingChunks how many were requested and not yet delivered
     * @param answered run when a read that was to end later has ended
     */
    static ReadState open(FluxRead flux, LongSupplier outstandingChunks, Runnable answered) throws Exception {
        ByteSource source = flux.open(answered);
        try {
            BufferPool pool = flux.pool;
            int chunk = flux.chunkSize();
            ReadBlocks blocks = source.fillsChunks()
                    ? ReadBlocks.of(chunk, source.sizeBytes(), pool.chunkSize())
                    : new ReadBlocks(chunk, 1);
            return new ReadState(source, blocks, outstandingChunks, pool.demand(blocks.largestBytes()));
        } catch (Throwable e) {
            try {
                source.close();
            } catch (Throwable second) {
                e.addSuppressed(second);
            }
            throw e;
        }
    }

    int chunkBytes() {
        return blocks.chunkBytes();
    }

    /** How much to take for the next read. */
    int bytesFor(long requestedChunks) {
        return blocks.bytesFor(requestedChunks, source.remainingBytes());
    }

    /**
     * Tells the pool what is still to be delivered, beyond the block that is taken next: the pool counts that one by
     * itself, as pending or as in flight. Any thread may do so: the last thread to come has seen every request.
     */
    synchronized void report() {
        long wanted = Math.min(blocks.holding(outstandingChunks.getAsLong()), MAX_REPORTED_BLOCKS);
        report(Math.max(0, wanted - 1));
    }

    private synchronized void report(long blocks) {
        if (blocks != reportedBlocks) {
            demand.add(blocks - reportedBlocks);
            reportedBlocks = blocks;
        }
    }

    boolean isAtEnd() {
        return source.isAtEnd();
    }

    boolean isAtHand() {
        return source.isAtHand();
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
        return target.limit((int) Math.min(target.limit(), source.remainingBytes()));
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
