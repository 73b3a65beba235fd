package dev.sluice.flux;

import java.util.zip.CRC32;

/** The header of one gzip member, read byte by byte in whatever buffers it lies. The format is RFC 1952. */
final class StageGzipHeader {

    /** The extra field has at most 64 KiB, and a name or a comment is hardly ever longer than a path. */
    static final int MAX_BYTES = 128 << 10;

    static final int MAGIC = 0x1f;
    private static final int MAGIC_2 = 0x8b;
    private static final int DEFLATED = 8;

    private static final int FLAG_CRC = 1 << 1;
    private static final int FLAG_EXTRA = 1 << 2;
    private static final int FLAG_NAME = 1 << 3;
    private static final int FLAG_COMMENT = 1 << 4;
    private static final int FLAGS_RESERVED = 0xE0;

    private static final int FIXED_BYTES = 10;

    /** In the order in which they come. */
    private enum Part {
        FIXED,
        EXTRA_LENGTH,
        EXTRA,
        NAME,
        COMMENT,
        CRC,
        NONE
    }

    private final CRC32 crc = new CRC32();
    private Part part = Part.FIXED;
    private int flags;
    private long start;

    /** How many bytes were read, in all and of the part. */
    private int length;

    private int partLength;

    /** A number of two bytes, the lower one first: the length of the extra field, or the checksum. */
    private int number;

    /** Reads on; returns whether the header is complete. */
    boolean read(StageCursor input) throws ByteStreamException {
        while (part != Part.NONE && input.remaining() > 0) {
            if (length == 0) {
                start = input.offset();
            } else if (length == MAX_BYTES) {
                throw new ByteLimitException("the gzip header", MAX_BYTES, start);
            }
            int next = input.peek(0) & 0xFF;
            read(next, input.offset());
            input.skip(1);
        }
        return part == Part.NONE;
    }

    private void read(int next, long offset) throws MalformedBytesException {
        length++;
        partLength++;
        if (part != Part.CRC) {
            crc.update(next);
        }
        if (endsPart(next, offset)) {
            part = after(part);
            partLength = 0;
        }
    }

    private boolean endsPart(int next, long offset) throws MalformedBytesException {
        return switch (part) {
            case FIXED -> endsFixed(next, offset);
            case EXTRA_LENGTH -> endsNumber(next);
            case EXTRA -> partLength == number;
            case NAME, COMMENT -> next == 0;
            case CRC -> endsCrc(next, offset);
            case NONE -> throw new IllegalStateException("the header is complete");
        };
    }

    private boolean endsFixed(int next, long offset) throws MalformedBytesException {
        switch (partLength) {
            case 1 -> expect(MAGIC, next, "the first byte of a gzip header", offset);
            case 2 -> expect(MAGIC_2, next, "the second byte of a gzip header", offset);
            case 3 -> expect(DEFLATED, next, "the compression method", offset);
            case 4 -> {
                expect(0, next & FLAGS_RESERVED, "the reserved part of the flags", offset);
                flags = next;
            }
            default -> {} // when, by what and how hard it was compressed
        }
        return partLength == FIXED_BYTES;
    }

    private static void expect(int expected, int actual, String what, long offset) throws MalformedBytesException {
        if (actual != expected) {
            throw new MalformedBytesException(
                    Messages.message("%s is 0x%02x and not 0x%02x", what, actual, expected), offset);
        }
    }

    private boolean endsNumber(int next) {
        number = partLength == 1 ? next : number | next << 8;
        return partLength == 2;
    }

    private boolean endsCrc(int next, long offset) throws MalformedBytesException {
        boolean ends = endsNumber(next);
        int expected = (int) crc.getValue() & 0xFFFF;
        if (ends && number != expected) {
            throw new MalformedBytesException(
                    Messages.message("the checksum of the gzip header is %04x and not %04x", number, expected),
                    offset - 1);
        }
        return ends;
    }

    private Part after(Part last) {
        return switch (last) {
            case FIXED -> has(FLAG_EXTRA) ? Part.EXTRA_LENGTH : after(Part.EXTRA);
            case EXTRA_LENGTH -> number > 0 ? Part.EXTRA : after(Part.EXTRA);
            case EXTRA -> has(FLAG_NAME) ? Part.NAME : after(Part.NAME);
            case NAME -> has(FLAG_COMMENT) ? Part.COMMENT : after(Part.COMMENT);
            case COMMENT -> has(FLAG_CRC) ? Part.CRC : Part.NONE;
            case CRC, NONE -> Part.NONE;
        };
    }

    private boolean has(int flag) {
        return (flags & flag) != 0;
    }
}
