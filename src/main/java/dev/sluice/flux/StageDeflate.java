package dev.sluice.flux;

import dev.sluice.BufferPool;
import dev.sluice.BufferPools;
import dev.sluice.PooledBuffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.Supplier;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import org.jspecify.annotations.Nullable;

/**
 * {@code deflate} and {@code gzip}: one deflater over all buffers, straight from their memory into chunks.
 *
 * <p>The deflater sees a buffer during one call only. It is made when it is needed, and ended in {@link #release()}.
 */
final class StageDeflate implements Stage<PooledBuffer> {

    /** Deflated, no name, no time, no word on the compression; from an unknown operating system. */
    private static final byte[] GZIP_HEADER = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, (byte) 0xff};

    private static final int GZIP_TRAILER_BYTES = 8;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final Supplier<Deflater> deflaters;
    private final boolean gzip;
    private final boolean flushesEach;
    private final StageCursor input = new StageCursor();
    private final StageChunks chunks;
    private final CRC32 crc = new CRC32();

    /** Whose memory is written to: that of the first buffer. */
    private @Nullable BufferPool pool;

    private @Nullable Deflater deflater;

    /** What is left of the header, later of the trailer; always empty but for gzip. */
    private ByteBuffer frame = NOTHING;

    /** Whether a buffer has been used up that is to be flushed; and whether that was done, and the chunk is due. */
    private boolean flushDue;

    private boolean flushed;

    private boolean started;
    private boolean ended;
    private boolean deflated;

    /**
     * Makes a stage.
     *
     * @param deflaters make what writes the zlib format or, for gzip, bare deflated data
     * @param gzip whether to put a header before it and a trailer after it
     */
    StageDeflate(StageMemory memory, Supplier<Deflater> deflaters, boolean gzip, Flush flush) {
        this.flushesEach = flush == Flush.EACH_BUFFER;
        this.chunks = new StageChunks(memory);
        this.deflaters = deflaters;
        this.gzip = gzip;
    }

    static StageDeflate zlib(StageMemory memory, int level, Flush flush) {
        return new StageDeflate(memory, () -> new Deflater(level, false), false, flush);
    }

    static StageDeflate gzip(StageMemory memory, int level, Flush flush) {
        return new StageDeflate(memory, () -> new Deflater(level, true), true, flush);
    }

    static void checkLevel(int level) {
        if (level < Deflater.DEFAULT_COMPRESSION || level > Deflater.BEST_COMPRESSION) {
            throw new IllegalArgumentException(
                    Messages.message("the level must be from 0 to 9, or -1 for the default, not %,d", level));
        }
    }

    @Override
    public void accept(PooledBuffer next) {
        if (pool == null) {
            pool = next.pool();
        }
        if (gzip) {
            crc.update(next.readOnlyBuffer());
        }
        flushDue = flushesEach && !next.isEmpty();
        input.accept(next);
        start();
    }

    private void start() {
        if (!started) {
            started = true;
            frame = gzip ? ByteBuffer.wrap(GZIP_HEADER) : NOTHING;
        }
    }

    @Override
    public @Nullable PooledBuffer next() {
        while (hasWork()) {
            ByteBuffer target = chunks.open(pool == null ? BufferPools.small() : pool);
            if (target == null) {
                return null;
            }
            write(target);
            PooledBuffer full = chunks.takeFull();
            if (full != null) {
                return full;
            }
        }
        if (!deflated && !flushed) {
            return null;
        }
        flushed = false;
        return chunks.takeRest();
    }

    private boolean hasWork() {
        return frame.hasRemaining() || (!deflated && (ended || flushDue || input.remaining() > 0));
    }

    private void write(ByteBuffer target) {
        if (!frame.hasRemaining()) {
            deflate(deflater(), target);
            return;
        }
        int length = Math.min(frame.remaining(), target.remaining());
        target.put(frame.slice().limit(length));
        frame.position(frame.position() + length);
    }

    private Deflater deflater() {
        Deflater machine = deflater;
        if (machine == null) {
            machine = deflaters.get();
            deflater = machine;
        }
        return machine;
    }

    private void deflate(Deflater machine, ByteBuffer target) {
        if (input.remaining() > 0) {
            ByteBuffer view = input.view();
            int from = view.position();
            machine.setInput(view);
            machine.deflate(target);
            machine.setInput(NOTHING);
            input.skip(view.position() - from);
            return;
        }
        if (flushDue) {
            machine.deflate(target, Deflater.SYNC_FLUSH);
            flushDue = !target.hasRemaining(); // then there may be more of it
            flushed = !flushDue;
            return;
        }
        machine.finish();
        machine.deflate(target);
        if (machine.finished()) {
            deflated = true;
            frame = gzip ? trailer() : NOTHING;
        }
    }

    private ByteBuffer trailer() {
        return ByteBuffer.allocate(GZIP_TRAILER_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt((int) crc.getValue())
                .putInt((int) input.offset())
                .flip();
    }

    @Override
    public void end() {
        start();
        ended = true;
    }

    @Override
    public boolean hasMore() {
        return (ended || flushed) && (hasWork() || !chunks.isEmpty());
    }

    @Override
    public void release() {
        input.release();
        chunks.release();
        Deflater machine = deflater;
        if (machine != null) {
            machine.end();
        }
    }
}
