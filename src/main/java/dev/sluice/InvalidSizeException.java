package dev.sluice;

import static dev.sluice.Messages.message;

/** Thrown at once for a size that can never be granted: zero, negative, or above the limit of the budget. */
public final class InvalidSizeException extends BufferPoolException {

    private static final long serialVersionUID = 1L;

    private final long size;
    private final long limit;

    private InvalidSizeException(String message, long size, long limit) {
        super(message);
        this.size = size;
        this.limit = limit;
    }

    static InvalidSizeException notPositive(long size, long limit) {
        return new InvalidSizeException(
                message("a buffer needs at least 1 byte, but %,d were asked for", size), size, limit);
    }

    static InvalidSizeException aboveLimit(String pool, long size, long limit) {
        return new InvalidSizeException(
                message("pool '%s' can never grant %,d bytes: the limit of its budget is %,d", pool, size, limit),
                size,
                limit);
    }

    /**
     * The size that was asked for, in bytes.
     *
     * @return the size, possibly zero or negative
     */
    public long size() {
        return size;
    }

    /**
     * The largest size that the budget could ever grant, in bytes.
     *
     * @return the limit, at least 1
     */
    public long limit() {
        return limit;
    }
}
