package dev.sluice;

import static dev.sluice.Messages.message;

/** Thrown to those who ask a closed pool for a buffer, and given to those who were waiting when it closed. */
public final class PoolClosedException extends BufferPoolException {

    private static final long serialVersionUID = 1L;

    PoolClosedException(String pool) {
        super(message("pool '%s' is closed", pool));
    }
}
