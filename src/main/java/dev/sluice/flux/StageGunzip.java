package dev.sluice.flux;

import dev.sluice.BufferPool;
import java.util.Set;
import java.util.function.Supplier;
import java.util.zip.Inflater;

/** {@code gunzip}: gzip members one after the other, each a header, deflated data and a trailer. */
final class StageGunzip extends StageUncompress {

    private static final int TRAILER_BYTES = 8;

    /** What comes next in the input. */
    private enum Part {
        HEADER,
        BODY,
        TRAILER,

        /** After a member: another one, padding, or nothing. */
        BETWEEN,

        /** Zeros up to the end, as of a tape's block. */
        PADDING,

        /** Whatever it is, nobody wants it. */
        GARBAGE
    }

    private final Set<InflateOption> options;
    private Part part = Part.HEADER;
    private StageGzipHeader header = new StageGzipHeader();
    private boolean afterMember;

    /** CRC-32 and length of the content, the lowest byte first; and how many bytes of them were read. */
    private long trailer;

    private int trailerRead;

    /**
     * Makes a stage.
     *
     * @param inflaters make what reads bare deflated data
     */
    StageGunzip(
            StageMemory memory, Supplier<Inflater> inflaters, long maxBytes, int maxRatio, Set<InflateOption> options) {
        super(new StageInflation(memory, inflaters, maxBytes, maxRatio));
        this.options = options;
    }

    @Override
    boolean advance() throws ByteStreamException {
        return switch (part) {
            case HEADER -> readHeader();
            case BODY -> readBody();
            case TRAILER -> readTrailer();
            case BETWEEN -> readBetween();
            case PADDING -> skipPadding();
            case GARBAGE -> skipGarbage();
        };
    }

    @Override
    boolean mayEnd() {
        return switch (part) {
            case HEADER ->
                afterMember ? isLenient() : input.offset() == 0 && options.contains(InflateOption.ALLOW_EMPTY);
            case BODY, TRAILER -> false;
            case BETWEEN, PADDING, GARBAGE -> true;
        };
    }

    private boolean isLenient() {
        return options.contains(InflateOption.IGNORE_TRAILING);
    }

    private boolean readHeader() throws ByteStreamException {
        try {
            if (!header.read(input)) {
                return needsMore("a gzip header");
            }
        } catch (ByteStreamException e) {
            return garbage(e);
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
        afterMember = true;
        return true;
    }

    private void check(String what, int actual, int expected, int bytesBefore) throws MalformedBytesException {
        if (actual != expected) {
            throw new MalformedBytesException(
                    Messages.message("%s is %08x and not %08x", what, actual, expected), input.offset() - bytesBefore);
        }
    }

    private boolean readBetween() throws ByteStreamException {
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
            return garbage(notAMember());
        }
        return true;
    }

    private boolean skipPadding() throws ByteStreamException {
        int zeros = 0;
        int remaining = input.remaining();
        while (zeros < remaining && input.peek(zeros) == 0) {
            zeros++;
        }
        input.skip(zeros);
        if (zeros == remaining) {
            return false;
        } else if (isLenient()) {
            part = Part.BETWEEN;
            return true;
        }
        throw notAMember();
    }

    private MalformedBytesException notAMember() {
        return new MalformedBytesException("bytes that are no gzip member follow the last one", input.offset());
    }

    /** Drops what follows, if it is not the first member that is none and the user puts up with it. */
    private boolean garbage(ByteStreamException error) throws ByteStreamException {
        if (!afterMember || !isLenient()) {
            throw error;
        }
        part = Part.GARBAGE;
        return true;
    }

    private boolean skipGarbage() {
        input.skip(input.remaining());
        return false;
    }

    private boolean needsMore(String what) throws TruncatedBytesException {
        if (ended && input.remaining() == 0 && !mayEnd()) {
            throw new TruncatedBytesException(what, input.offset());
        }
        return false;
    }
}
