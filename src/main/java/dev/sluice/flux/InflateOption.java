package dev.sluice.flux;

/** What {@link BufferFlux#gunzip(long, int, InflateOption...)} and {@code inflate} put up with. */
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
