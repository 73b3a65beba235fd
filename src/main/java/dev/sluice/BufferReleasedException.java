package dev.sluice;

/** Thrown when a lease is used after its release: the memory may be another holder's by then. */
public final class BufferReleasedException extends BufferPoolException {

    private static final long serialVersionUID = 1L;

    BufferReleasedException(String message) {
        super(message);
    }
}
