package dev.sluice.flux;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.util.function.Supplier;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/** {@code gunzip}: gzip members one after the other, each a header, deflated data and a trailer. */
final class StageGunzip implements Stage<PooledBuffer> {

    private static final int TRAILER_BYTES = 8;

    /** What comes next in the input. */
    private enum Part {
        HEADER,
        BODY,
        TRAILER,

        /** After a member: another one, padding, or nothing. */
        BETWEEN,

        /** Zeros up to the end, as of a tape's block. */
        PADDING
    }

    private final StageInflation body;
    private final StageCursor input = new StageCursor();
    private @Nullable BufferPool pool;
    private Part part = Part.HEADER;
    private StageGzipHeader header = new StageGzipHeader();

    /** CRC-32 and length of the content, the lowest byte first; and how many bytes of them were read. */
    private long trailer;

    private int trailerRead;
    private boolean ended;

    /**
     * Makes a stage.
     *
     * @param inflaters make what reads bare deflated data
     */
    StageGunzip(StageMemory memory, Supplier<Inflater> inflaters, long maxBytes, int maxRatio) {
        this.body = new StageInflation(memory, inflaters, maxBytes, maxRatio);
    }

    @Override
    public void accept(PooledBuffer next) {
        pool = next.pool();
        input.accept(next);
    }

    @Override
    public @Nullable PooledBuffer next() throws ByteStreamException {
        while (advance()) {
            PooledBuffer full = body.takeFull();
            if (full != null) {
                return full;
            }
        }
        return ended && (part == Part.BETWEEN || part == Part.PADDING) ? body.takeRest() : null;
    }

    /** Moves on by one step; false if there is none before more input or memory comes. */
    private boolean advance() throws ByteStreamException {
        return switch (part) {
            case HEADER -> readHeader();
            case BODY -> readBody();
            case TRAILER -> readTrailer();
            case BETWEEN -> readBetween();
            case PADDING -> skipPadding();
        };
    }

    private boolean readHeader() throws ByteStreamException {
        if (!header.read(input)) {
            return needsMore("a gzip header");
        }
        part = Part.BODY;
        body.start();
        return true;
    }

    private boolean readBody() throws ByteStreamException {
        BufferPool from = pool;
        if (from == null || body.needs(input)) {
            return needsMore("the compressed data");
        }
        boolean advanced = body.advance(input, from);
        if (body.isFinished()) {
            part = Part.TRAILER;
            trailer = 0;
            trailerRead = 0;
        }
        return advanced;
    }

    private boolean readTrailer() throws ByteStreamException {
        while (trailerRead < TRAILER_BYTES && input.remaining() > 0) {
            trailer |= (input.peek(0) & 0xFFL) << (8 * trailerRead++);
            input.skip(1);
        }
        if (trailerRead < TRAILER_BYTES) {
            return needsMore("a gzip trailer");
        }
        check("the CRC-32 in the gzip trailer", (int) trailer, body.crc32(), TRAILER_BYTES);
        check("the length in the gzip trailer", (int) (trailer >>> 32), (int) body.length(), TRAILER_BYTES / 2);
        part = Part.BETWEEN;
        return true;
    }

    private void check(String what, int actual, int expected, int bytesBefore) throws MalformedBytesException {
        if (actual != expected) {
            throw new MalformedBytesException(
                    ByteStreamException.message("%s is %08x and not %08x", what, actual, expected),
                    input.offset() - bytesBefore);
        }
    }

    private boolean readBetween() throws MalformedBytesException {
        if (input.remaining() == 0) {
            return false;
        }
        byte next = input.peek(0);
        if (next == 0) {
            part = Part.PADDING;
        } else if (next == StageGzipHeader.MAGIC) {
            part = Part.HEADER;
            header = new StageGzipHeader();
        } else {
            throw garbage();
        }
        return true;
    }

    private boolean skipPadding() throws MalformedBytesException {
        int zeros = 0;
        int remaining = input.remaining();
        while (zeros < remaining && input.peek(zeros) == 0) {
            zeros++;
        }
        input.skip(zeros);
        if (zeros < remaining) {
            throw garbage();
        }
        return false;
    }

    private MalformedBytesException garbage() {
        return new MalformedBytesException("bytes that are no gzip member follow the last one", input.offset());
    }

    private boolean needsMore(String what) throws TruncatedBytesException {
        if (ended && input.remaining() == 0) {
            throw new TruncatedBytesException(what, input.offset());
        }
        return false;
    }

    @Override
    public void end() {
        ended = true;
    }

    @Override
    public void release() {
        input.release();
        body.release();
    }
}
