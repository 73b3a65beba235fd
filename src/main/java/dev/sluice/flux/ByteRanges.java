package dev.sluice.flux;

import reactor.core.publisher.Mono;

/**
 * For adapters: what a {@link BufferFlux} over a file is as well, so that its length can be told before it is read, and
 * a part of it be read in its place.
 *
 * <p>{@link BufferFlux#read(java.nio.file.Path, dev.sluice.BufferPool)} and its kin return one; no operator does.
 */
public interface ByteRanges {

    /**
     * Asks how long the file is now.
     *
     * @return the length in bytes, at least 1; empty where the file does not say before it is read; an error where
     *     there is no file
     */
    Mono<Long> lengthBytes();

    /**
     * Reads a part, in the same way as the whole.
     *
     * @param offset where to begin, in bytes, at least 0
     * @param length how much to read at most, in bytes, at least 0
     * @return the part
     * @throws IllegalArgumentException if a number is negative
     */
    BufferFlux range(long offset, long length);
}
