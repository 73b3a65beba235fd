package dev.sluice.flux;

import dev.sluice.BufferPool;
import dev.sluice.Demand;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.LongSupplier;

/**
 * What a subscription has while its file is open: the file, the sizes in which it is read, and the account of demand
 * with the pool. Used by one thread at a time, but for {@link #report()}.
 */
final class Reading {

    /** Of an unbounded request, what the pool is told: enough to keep memory warm, too little to hoard it. */
    private static final int MAX_REPORTED_BLOCKS = 8;

    private final SourceFile file;
    private final ReadBlocks blocks;
    private final LongSupplier outstandingChunks;
    private final Demand demand;

    /** Guarded by this. */
    private long reportedBlocks;

    private Reading(SourceFile file, ReadBlocks blocks, LongSupplier outstandingChunks, Demand demand) {
        this.file = file;
        this.blocks = blocks;
        this.outstandingChunks = outstandingChunks;
        this.demand = demand;
    }

    static Reading open(FluxRead source, LongSupplier outstandingChunks) throws IOException {
        SourceFile file = SourceFile.open(source.path);
        try {
            BufferPool pool = source.pool;
            ReadBlocks blocks = ReadBlocks.of(source.chunkSize, file.size(), pool.budget());
            return new Reading(file, blocks, outstandingChunks, pool.demand(blocks.largestBytes()));
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    int chunkBytes() {
        return blocks.chunkBytes();
    }

    /** How much to take for the next read. */
    int bytesFor(long requestedChunks) {
        return blocks.bytesFor(requestedChunks, file.remaining());
    }

    /**
     * Tells the pool what is still to be delivered, beyond the block that is taken next: the pool counts that one by
     * itself, as pending or as in flight. Any thread may do so: whoever comes last has seen every request.
     */
    synchronized void report() {
        long wanted = Math.min(blocks.holding(outstandingChunks.getAsLong()), MAX_REPORTED_BLOCKS);
        long now = Math.max(0, wanted - 1);
        if (now != reportedBlocks) {
            demand.add(now - reportedBlocks);
            reportedBlocks = now;
        }
    }

    boolean isAtEnd() {
        return file.isAtEnd();
    }

    /** Sets the limit so that nothing is read beyond the size at open. */
    ByteBuffer limited(ByteBuffer target) {
        return target.limit((int) Math.min(target.limit(), file.remaining()));
    }

    /** Reads once; returns whether there may be more. */
    boolean read(ByteBuffer target) throws IOException {
        return file.read(target);
    }

    /** Closes, and complains if the file was truncated. */
    void closeAtEnd() throws IOException {
        demand.close();
        file.closeAtEnd();
    }

    void close() throws IOException {
        demand.close();
        file.close();
    }
}
