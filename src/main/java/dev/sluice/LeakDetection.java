package dev.sluice;

/** Which leases a pool watches, so that one that becomes garbage unreleased is reported and its bytes come back. */
public enum LeakDetection {

    /** None, not even those taken with a holder. */
    OFF,

    /** The first lease of every buffer, one in 1,024 after it, and every lease that was taken with a holder. */
    SAMPLED,

    /** Every lease, and each gets a {@code ByteBuffer} of its own: for tests and for hunting. */
    EVERY
}
