package dev.sluice.samples.sparkfiles;

import java.io.Serializable;

/**
 * What one task does with one file, or with a part of it.
 *
 * @param kind what is wanted
 * @param path the file
 * @param offset where the part begins that is looked for: its first whole line begins there or later
 * @param end where the part ends: a line that begins before belongs to it
 * @param target where the file goes that is compressed again; empty for the other kinds
 */
record Work(Kind kind, String path, long offset, long end, String target) implements Serializable {

    /** What is wanted of a file. */
    enum Kind {
        /** All that there is to say of a file. */
        WHOLE,

        /** All but the digest, of the lines that begin within a part. */
        LINES,

        /** The digest of a file whose lines are counted in parts. */
        DIGEST,

        /** The file, compressed again. */
        RECOMPRESS
    }

    static Work whole(String path, long bytes) {
        return new Work(Kind.WHOLE, path, 0, bytes, "");
    }

    static Work lines(String path, long offset, long end) {
        return new Work(Kind.LINES, path, offset, end, "");
    }

    static Work digest(String path, long bytes) {
        return new Work(Kind.DIGEST, path, 0, bytes, "");
    }

    static Work recompress(String path, long bytes, String target) {
        return new Work(Kind.RECOMPRESS, path, 0, bytes, target);
    }

    long bytes() {
        return end - offset;
    }
}
