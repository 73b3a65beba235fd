package dev.sluice;

/** Which leases a pool watches, so that one that becomes garbage unreleased is reported and its bytes come back. */
public enum LeakDetection {

    /** None, not even those taken with a holder. */
    OFF,

    /**
     * One lease in 1,024 of each buffer, but one per size and millisecond at most; the first of each slab; and every
     * lease taken with a holder.
     */
    SAMPLED,

    /** Every lease, and each gets a {@code ByteBuffer} of its own: for tests and for hunting. */
    EVERY
}
