package dev.sluice;

/**
 * Thrown, before anything waits, where memory that is held and memory that is wanted together are more than a budget
 * can hold: such a wait could only be ended by the one who waits.
 */
public final class BudgetTooSmallException extends BufferPoolException {

    private static final long serialVersionUID = 1L;

    private final long smallestBytes;
    private final long limitBytes;

    /**
     * Makes an exception, for a library of streams that knows what a stream holds.
     *
     * @param message what is held, what is wanted and what the limit is
     * @param smallestBytes the smallest budget that would do, in bytes
     * @param limitBytes the limit of the budget, in bytes
     */
    public BudgetTooSmallException(String message, long smallestBytes, long limitBytes) {
        super(message);
        this.smallestBytes = smallestBytes;
        this.limitBytes = limitBytes;
    }

    /**
     * The smallest budget that would do.
     *
     * @return the budget in bytes
     */
    public long smallestBytes() {
        return smallestBytes;
    }

    /**
     * The limit of the budget that is too small.
     *
     * @return the limit in bytes; {@link Long#MAX_VALUE} where only the number of buffers is bounded
     */
    public long limitBytes() {
        return limitBytes;
    }
}
