package dev.sluice.spring;

import static dev.sluice.spring.Messages.message;

import dev.sluice.flux.WaitPolicy;
import java.time.Duration;
import java.util.Objects;

/**
 * What a request may take, and what happens when that is not to be had. Immutable.
 *
 * @param waiting how long a request waits for memory when the pool has none; then it ends in 503 with
 *     {@code Retry-After}, and meanwhile nothing is read from the client
 * @param retryAfter what a refused client is told to wait, at least 0; sent in whole seconds, rounded up
 * @param admissionBytes how much memory there must be before the request is handled at all, in bytes, at least 0; for
 *     0, the body is the first to ask. It is only looked for, not kept
 * @param maxBodyBytes how long a request body may be, in bytes, at least 0; {@link Long#MAX_VALUE}: as long as it likes
 * @param maxDrainBytes how much of a body that is too long is read and dropped, in bytes, at least 0, so that the
 *     client gets to see the answer; then the connection is closed
 * @param maxDrainTime how long that may take, at least 0
 */
public record BufferLimits(
        WaitPolicy waiting,
        Duration retryAfter,
        int admissionBytes,
        long maxBodyBytes,
        long maxDrainBytes,
        Duration maxDrainTime) {

    /**
     * Waits without end; bodies of any length. For what refuses: 1 s to retry, a drain of 1 MiB in 5 s.
     */
    public static final BufferLimits DEFAULTS = new BufferLimits(
            WaitPolicy.forever(), Duration.ofSeconds(1), 0, Long.MAX_VALUE, 1 << 20, Duration.ofSeconds(5));

    /**
     * Checks the values.
     *
     * @param waiting how long a request waits for memory when the pool has none
     * @param retryAfter what a refused client is told to wait, at least 0
     * @param admissionBytes how much memory there must be before the request is handled, in bytes, at least 0
     * @param maxBodyBytes how long a request body may be, in bytes, at least 0
     * @param maxDrainBytes how much of a body that is too long is dropped, in bytes, at least 0
     * @param maxDrainTime how long that may take, at least 0
     * @throws IllegalArgumentException if a value is out of bounds; the message names it
     */
    public BufferLimits {
        Objects.requireNonNull(waiting, "waiting");
        check(!retryAfter.isNegative(), "retryAfter must be at least 0, not %s", retryAfter);
        check(admissionBytes >= 0, "admissionBytes must be at least 0, not %,d", admissionBytes);
        check(maxBodyBytes >= 0, "maxBodyBytes must be at least 0, not %,d", maxBodyBytes);
        check(maxDrainBytes >= 0, "maxDrainBytes must be at least 0, not %,d", maxDrainBytes);
        check(!maxDrainTime.isNegative(), "maxDrainTime must be at least 0, not %s", maxDrainTime);
    }

    private static void check(boolean holds, String message, Object actual) {
        if (!holds) {
            throw new IllegalArgumentException(message(message, actual));
        }
    }

    /**
     * The same, waiting for memory in another way.
     *
     * @param waiting how long a request waits
     * @return the limits
     */
    public BufferLimits waiting(WaitPolicy waiting) {
        return new BufferLimits(waiting, retryAfter, admissionBytes, maxBodyBytes, maxDrainBytes, maxDrainTime);
    }

    /**
     * The same, but waiting no longer than this.
     *
     * @param maxWait how long, above 0
     * @return limits with {@link WaitPolicy#atMost}
     */
    public BufferLimits waitingAtMost(Duration maxWait) {
        return waiting(WaitPolicy.atMost(maxWait));
    }

    /**
     * The same, but not waiting.
     *
     * @return limits with {@link WaitPolicy#never()}
     */
    public BufferLimits refusing() {
        return waiting(WaitPolicy.never());
    }

    /**
     * The same, with another time for clients to wait.
     *
     * @param retryAfter what a refused client is told, at least 0
     * @return the limits
     */
    public BufferLimits withRetryAfter(Duration retryAfter) {
        return new BufferLimits(waiting, retryAfter, admissionBytes, maxBodyBytes, maxDrainBytes, maxDrainTime);
    }

    /**
     * The same, with memory to be found before a request is handled.
     *
     * @param admissionBytes how much, in bytes, at least 0
     * @return the limits
     */
    public BufferLimits withAdmission(int admissionBytes) {
        return new BufferLimits(waiting, retryAfter, admissionBytes, maxBodyBytes, maxDrainBytes, maxDrainTime);
    }

    /**
     * The same, with another length for bodies.
     *
     * @param maxBodyBytes how long a request body may be, in bytes, at least 0
     * @return the limits
     */
    public BufferLimits withMaxBody(long maxBodyBytes) {
        return new BufferLimits(waiting, retryAfter, admissionBytes, maxBodyBytes, maxDrainBytes, maxDrainTime);
    }

    /**
     * The same, with another bound for what is read of a body that is too long.
     *
     * @param maxDrainBytes how much, in bytes, at least 0
     * @param maxDrainTime how long that may take, at least 0
     * @return the limits
     */
    public BufferLimits withDrain(long maxDrainBytes, Duration maxDrainTime) {
        return new BufferLimits(waiting, retryAfter, admissionBytes, maxBodyBytes, maxDrainBytes, maxDrainTime);
    }

    long retryAfterSeconds() {
        return retryAfter.plusNanos(999_999_999).toSeconds();
    }
}
