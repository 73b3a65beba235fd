package dev.sluice.flux;

import java.util.HexFormat;

/**
 * What a sink answered, with the digest and the amount of what went through; see {@link BufferFlux#withDigest}.
 *
 * <p>Immutable, and thread-safe if the answer is.
 *
 * @param <T> what the sink answered
 */
public final class Digested<T> {

    private final T result;
    private final byte[] digest;
    private final long bytes;
    private final long buffers;

    Digested(T result, byte[] digest, long bytes, long buffers) {
        this.result = result;
        this.digest = digest;
        this.bytes = bytes;
        this.buffers = buffers;
    }

    /**
     * What the sink answered, such as how many bytes it has written.
     *
     * @return the answer
     */
    public T result() {
        return result;
    }

    /**
     * The digest of all bytes that went through.
     *
     * @return a new array
     */
    public byte[] digest() {
        return digest.clone();
    }

    /**
     * The digest as {@code sha256sum} and its kin print it.
     *
     * @return lower-case hexadecimal digits
     */
    public String hex() {
        return HexFormat.of().formatHex(digest);
    }

    /**
     * How much went through.
     *
     * @return the number of bytes
     */
    public long bytes() {
        return bytes;
    }

    /**
     * How many buffers went through: after {@link BufferFlux#split}, how many records.
     *
     * @return the number of buffers
     */
    public long buffers() {
        return buffers;
    }

    @Override
    public String toString() {
        return Messages.message("%s of %,d bytes: %s", hex(), bytes, result);
    }
}
