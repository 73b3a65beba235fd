package dev.sluice.flux;

/**
 * What {@link BufferFlux#gunzip(long, int, InflateOption...)} and {@code inflate} put up with.
 *
 * <p><b>Which ratio.</b> Text, logs and JSON hardly ever exceed 50 : 1. Deflating cannot exceed 1,032 : 1, and comes
 * close to it, or to 229 : 1 at the lowest levels, only where one byte or one short pattern is repeated for megabytes:
 * that is what bombs are made of, but blank disk images as well. For those, and for those alone, set a higher ratio.
 * Whatever the ratio, the memory is bounded; the limit saves the time and the disk of what comes after.
 */
public enum InflateOption {

    /** Nothing at all is compressed nothing, as some servers send it. Without this option, it is truncated. */
    ALLOW_EMPTY,

    /**
     * Bytes after the compressed data that are none are dropped, as gzip(1) does with a warning: a line feed, the
     * padding of a tape. After zeros, another gzip member may follow. Without this option, they are an error; zeros up
     * to the end are not, after gzip members.
     */
    IGNORE_TRAILING
}
