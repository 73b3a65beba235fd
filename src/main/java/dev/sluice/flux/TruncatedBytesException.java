package dev.sluice.flux;

/** Signalled when the input ended in the middle of something. */
public final class TruncatedBytesException extends ByteStreamException {

    private static final long serialVersionUID = 1L;

    TruncatedBytesException(String what, long offset) {
        super(Messages.message("the input ended within %s, at offset %,d", what, offset), offset);
    }
}
