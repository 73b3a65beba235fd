package dev.sluice.samples.uploadserver;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A part of a file.
 *
 * @param offset where it begins
 * @param length how long it is
 */
record ByteRange(long offset, long length) {

    /** One range: 0-99, 100- or -100. */
    private static final Pattern ONE = Pattern.compile("bytes=(\\d{0,18})-(\\d{0,18})");

    /** What a {@code Range} header means for a file of so many bytes; nothing if it is none that is served. */
    static Optional<ByteRange> of(String header, long size) {
        Matcher one = ONE.matcher(header.strip());
        if (!one.matches() || (one.group(1).isEmpty() && one.group(2).isEmpty())) {
            return Optional.empty();
        }
        if (one.group(1).isEmpty()) {
            long last = Math.min(size, Long.parseLong(one.group(2)));
            return satisfiable(size - last, last, size);
        }
        long offset = Long.parseLong(one.group(1));
        long end = one.group(2).isEmpty() ? size : Math.min(size, Long.parseLong(one.group(2)) + 1);
        return end <= offset && offset < size ? Optional.empty() : satisfiable(offset, end - offset, size);
    }

    private static Optional<ByteRange> satisfiable(long offset, long length, long size) {
        if (length <= 0) {
            throw new Refusal(416, "the file has %,d bytes", size);
        }
        return Optional.of(new ByteRange(offset, length));
    }

    /** As {@code Content-Range} says it. */
    String format(long size) {
        return "bytes " + offset + "-" + (offset + length - 1) + "/" + size;
    }
}
