package dev.sluice.flux;

/** Signalled for bytes that the format does not allow. */
public final class MalformedBytesException extends ByteStreamException {

    private static final long serialVersionUID = 1L;

    MalformedBytesException(String problem, long offset) {
        super(Messages.message("%s at offset %,d", problem, offset), offset);
    }
}
