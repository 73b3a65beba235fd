package dev.sluice;

/** Thrown by builders and factories for settings that are impossible or contradict each other; names them. */
public final class PoolConfigException extends BufferPoolException {

    private static final long serialVersionUID = 1L;

    PoolConfigException(String message) {
        super(message);
    }
}
