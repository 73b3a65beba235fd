package dev.sluice.flux;

import java.io.IOException;

/** Bytes that are not what an operator was told to expect; knows where in its input that was found. */
public abstract sealed class ByteStreamException extends IOException
        permits ByteLimitException, MalformedBytesException, TruncatedBytesException {

    private static final long serialVersionUID = 1L;

    /** In bytes. */
    private final long offset;

    ByteStreamException(String message, long offset) {
        super(message);
        this.offset = offset;
    }

    /**
     * Where it was found, whatever buffers the input came in: where that begins which is too long, where the malformed
     * bytes are, or where the input ended.
     *
     * @return the offset in the operator's input in bytes, at least 0
     */
    public long offset() {
        return offset;
    }
}
