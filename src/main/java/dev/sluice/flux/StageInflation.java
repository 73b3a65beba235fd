package dev.sluice.flux;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.nio.ByteBuffer;
import java.util.function.Supplier;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * What {@code inflate} and {@code gunzip} share: an inflater that writes to chunks, and the limits of what it makes.
 * Owns both.
 *
 * <p>The inflater sees a buffer of the input during one call only.
 */
final class StageInflation {

    /** How much may be made of any input, however short. */
    static final long UNCHECKED_BYTES = 1 << 20;

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final Supplier<Inflater> inflaters;
    private final long maxBytes;
    private final int maxRatio;
    private final StageChunks chunks;
    private final CRC32 crc = new CRC32();
    private @Nullable Inflater inflater;

    /** How much was made, over all members. */
    private long madeBytes;

    /** The last call had no room left: it may know more than it could write. */
    private boolean filled;

    StageInflation(StageMemory memory, Supplier<Inflater> inflaters, long maxBytes, int maxRatio) {
        this.chunks = new StageChunks(memory);
        this.inflaters = inflaters;
        this.maxBytes = maxBytes;
        this.maxRatio = maxRatio;
    }

    /** Begins with a member. */
    void start() {
        if (inflater != null) {
            inflater.reset();
        }
        crc.reset();
        filled = false;
    }

    /** Whether the member goes on, but more input is needed. */
    boolean needs(StageCursor input) {
        return input.remaining() == 0 && !filled;
    }

    /** Whether the member is complete. */
    boolean isFinished() {
        return inflater != null && inflater.finished();
    }

    /** The CRC-32 of the member's content. */
    int crc32() {
        return (int) crc.getValue();
    }

    /** The length of the member's content. */
    long length() {
        return inflater == null ? 0 : inflater.getBytesWritten();
    }

    /** Inflates what there is and fits; returns false if the memory for it is not there yet. */
    boolean advance(StageCursor input, BufferPool pool) throws ByteStreamException {
        ByteBuffer target = chunks.open(pool);
        if (target == null) {
            return false;
        }
        Inflater machine = inflater();
        int start = target.position();
        ByteBuffer view = input.remaining() > 0 ? input.view() : NOTHING;
        int from = view.position();
        machine.setInput(view);
        try {
            machine.inflate(target);
        } catch (DataFormatException e) {
            count(target, start);
            throw new MalformedBytesException(
                    Messages.message("the compressed bytes are corrupt, %s,", e.getMessage()),
                    input.offset() + view.position() - from);
        } finally {
            machine.setInput(NOTHING);
        }
        input.skip(view.position() - from);
        filled = !target.hasRemaining();
        count(target, start);
        checkLimits(target, input.offset());
        if (machine.needsDictionary()) {
            throw new MalformedBytesException("a preset dictionary is needed,", input.offset());
        }
        return true;
    }

    private Inflater inflater() {
        Inflater machine = inflater;
        if (machine == null) {
            machine = inflaters.get();
            inflater = machine;
        }
        return machine;
    }

    private void count(ByteBuffer target, int start) {
        int end = target.position();
        int limit = target.limit();
        madeBytes += end - start;
        crc.update(target.limit(end).position(start));
        target.limit(limit);
    }

    private void checkLimits(ByteBuffer target, long compressedBytes) throws ByteLimitException {
        if (madeBytes > maxBytes) {
            target.position(target.position() - (int) (madeBytes - maxBytes));
            throw new ByteLimitException("the content of the input", maxBytes, 0);
        }
        if (madeBytes > UNCHECKED_BYTES && madeBytes / maxRatio > compressedBytes) {
            throw new ByteLimitException(
                    Messages.message("the content of the first %,d compressed bytes", compressedBytes),
                    Math.max(UNCHECKED_BYTES, compressedBytes * maxRatio),
                    0);
        }
    }

    @Nullable PooledBuffer takeFull() {
        return chunks.takeFull();
    }

    /** Whether there is nothing to take. */
    boolean isEmpty() {
        return chunks.isEmpty();
    }

    @Nullable PooledBuffer takeRest() {
        return chunks.takeRest();
    }

    /** Ends the inflater. Called in any state, and more than once. */
    void release() {
        chunks.release();
        Inflater machine = inflater;
        if (machine != null) {
            machine.end();
        }
    }
}
