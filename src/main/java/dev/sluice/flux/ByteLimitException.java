package dev.sluice.flux;

/** Signalled when an operator would have to hold or make more bytes than it was allowed. */
public final class ByteLimitException extends ByteStreamException {

    private static final long serialVersionUID = 1L;

    /** In bytes. */
    private final long limit;

    ByteLimitException(String what, long limit, long offset) {
        super(Messages.message("%s at offset %,d is longer than the limit of %,d bytes", what, offset, limit), offset);
        this.limit = limit;
    }

    /**
     * The limit that was set.
     *
     * @return the limit in bytes
     */
    public long limit() {
        return limit;
    }
}
