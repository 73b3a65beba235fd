package dev.sluice.spring;

/** What a request does when the pool has no memory for its body. */
public enum OnExhaustion {
    /** Waits its turn, for as long as it takes; meanwhile nothing is read from the client. */
    WAIT,

    /** Waits its turn for some time, then ends in 503 with {@code Retry-After}. */
    WAIT_THEN_REFUSE,

    /** Ends at once in 503 with {@code Retry-After}. */
    REFUSE
}
