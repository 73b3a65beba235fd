package dev.sluice.flux;

/**
 * How long a client may use the bytes that {@link BufferFlux#toByteBuffers} hands to it. A {@code ByteBuffer} cannot be
 * released, so the choice depends on what the client does with it; {@code docs/clients.md} says what known clients do.
 *
 * <table>
 *   <caption>Which one to choose</caption>
 *   <tr><th>handover</th><th>the bytes stay until</th><th>for a client that</th><th>costs</th></tr>
 *   <tr><td>{@link #COPIED}</td><td>{@code onNext} returns</td><td>copies or uses them up there</td>
 *     <td>nothing</td></tr>
 *   <tr><td>{@link #UNTIL_END}</td><td>the sequence has ended</td><td>keeps them, and is done when its own
 *     {@code onComplete} returns</td><td>memory of the pool, up to a window</td></tr>
 *   <tr><td>{@link #ON_HEAP}</td><td>nobody refers to them</td><td>does anything else, and wherever in doubt</td>
 *     <td>one copy to the heap</td></tr>
 * </table>
 *
 * <p>Immutable.
 */
public final class Handover {

    private static final long DEFAULT_WINDOW = 1L << 20;

    private enum Kind {
        COPIED,
        UNTIL_END,
        ON_HEAP
    }

    /**
     * The bytes are valid until {@code onNext} returns; then the buffer is released. Nothing is copied. What queues
     * elements between, such as {@code publishOn}, {@code flatMap} or {@code collectList}, breaks that.
     */
    public static final Handover COPIED = new Handover(Kind.COPIED, 0);

    /**
     * All bytes are valid until the client's {@code onComplete} or {@code onError} has returned, or it has cancelled
     * and its {@code onNext} has returned; then the buffers are released. The window is 1 MiB, see {@link #untilEnd}.
     */
    public static final Handover UNTIL_END = new Handover(Kind.UNTIL_END, DEFAULT_WINDOW);

    /**
     * The bytes are copied to an array on the heap, one for each buffer, which is released before {@code onNext}: the
     * bytes are the client's for good, and so is the array. Right for every client.
     */
    public static final Handover ON_HEAP = new Handover(Kind.ON_HEAP, 0);

    private final Kind kind;
    private final long windowBytes;

    private Handover(Kind kind, long windowBytes) {
        this.kind = kind;
        this.windowBytes = windowBytes;
    }

    /**
     * {@link #UNTIL_END}, with a window. Buffers are held as long as they fit in it; those that come when it is full
     * are copied to the heap, as {@link #ON_HEAP} does. They are copied, too, when all such subscriptions together hold
     * half of a budget, or half as many buffers as the pool may have of one size: so that none waits for memory that
     * they hold themselves.
     *
     * @param windowBytes how much memory of the pool a subscription may {@linkplain
     *     dev.sluice.PooledBuffer#pinnedBytes() pin} at a time, at least 0
     * @return a handover
     * @throws IllegalArgumentException if the window is negative
     */
    public static Handover untilEnd(long windowBytes) {
        Arguments.atLeast(0, windowBytes, "the window");
        return new Handover(Kind.UNTIL_END, windowBytes);
    }

    boolean isOnHeap() {
        return kind == Kind.ON_HEAP;
    }

    boolean isUntilEnd() {
        return kind == Kind.UNTIL_END;
    }

    long windowBytes() {
        return windowBytes;
    }

    @Override
    public String toString() {
        return kind == Kind.UNTIL_END ? Messages.message("UNTIL_END[%,d bytes]", windowBytes) : kind.name();
    }
}
