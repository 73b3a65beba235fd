package dev.sluice.testing;

/** The error that {@link Chaos} makes up: its message has the seed, and the signal at which it came. */
public final class ChaosException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final long seed;

    ChaosException(long seed, String message) {
        super(message);
        this.seed = seed;
    }

    /**
     * What brings the same error again.
     *
     * @return the seed for {@link Chaos#seed(long)}
     */
    public long seed() {
        return seed;
    }
}
