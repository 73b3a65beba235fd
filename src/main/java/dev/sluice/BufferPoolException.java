package dev.sluice;

import org.jspecify.annotations.Nullable;

/** What a pool throws: unchecked, and sealed, so that a {@code switch} over the causes can be complete. */
public abstract sealed class BufferPoolException extends RuntimeException
        permits InvalidSizeException,
                BudgetTooSmallException,
                PoolExhaustedException,
                PoolConfigException,
                PoolClosedException,
                BufferReleasedException {

    private static final long serialVersionUID = 1L;

    BufferPoolException(String message) {
        super(message);
    }

    BufferPoolException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
