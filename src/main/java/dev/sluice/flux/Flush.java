package dev.sluice.flux;

/** When a compressing operator gives out what it has. */
public enum Flush {

    /** When a chunk is full, and at the end: compresses best. */
    AT_END,

    /**
     * After each buffer as well, in such a way that the reader can decompress all that was put in by then: for
     * messages, events and logs that are read while they are written. Each costs some 5 bytes and a little of the
     * compression.
     */
    EACH_BUFFER
}
