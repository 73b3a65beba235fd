package dev.sluice.spring;

import static dev.sluice.spring.Messages.message;

import org.springframework.http.HttpStatus;
import org.springframework.web.server.ResponseStatusException;

/** A request body is longer than {@link BufferLimits#maxBodyBytes()}; answered with 413. */
public final class BodyTooLargeException extends ResponseStatusException {

    private static final long serialVersionUID = 1L;

    /** In bytes. */
    private final long limit;

    /** In bytes. */
    private final long length;

    private BodyTooLargeException(String message, long limit, long length) {
        super(HttpStatus.CONTENT_TOO_LARGE, message);
        this.limit = limit;
        this.length = length;
    }

    static BodyTooLargeException announced(long length, long limit) {
        return new BodyTooLargeException(
                message("the body is announced to have %,d bytes, more than the limit of %,d bytes", length, limit),
                limit,
                length);
    }

    static BodyTooLargeException received(long length, long limit) {
        return new BodyTooLargeException(
                message("the body has %,d bytes or more, more than the limit of %,d bytes", length, limit),
                limit,
                length);
    }

    /**
     * The limit that was set.
     *
     * @return the limit in bytes
     */
    public long limit() {
        return limit;
    }

    /**
     * How long the body is: as was announced, or else what had come of it.
     *
     * @return the length in bytes, above the limit
     */
    public long length() {
        return length;
    }
}
