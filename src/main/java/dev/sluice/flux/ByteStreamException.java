package dev.sluice.flux;

import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import reactor.core.Scannable;

/** Bytes that are not what an operator was told to expect; knows where in its input that was found. */
public abstract sealed class ByteStreamException extends IOException
        permits ByteLimitException, MalformedBytesException, TruncatedBytesException {

    private static final long serialVersionUID = 1L;

    /** In bytes. */
    private final long offset;

    /** Null where it is not known. */
    private @Nullable String source;

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

    /** Notes whose bytes they are, unless an operator nearer to the source has. */
    final void comeFrom(Scannable stage) {
        if (source == null) {
            source = Origin.nameOfSource(stage);
        }
    }

    /**
     * Whose bytes they are: the name that the source at the top of the sequence gives itself, such as {@code the
     * request body} in WebFlux. So a program can tell what a client sent from what lies in a file of its own.
     *
     * @return the name; empty where the source has none, or an operator between does not say what is above it
     */
    public final Optional<String> source() {
        return Optional.ofNullable(source);
    }
}
