package dev.sluice.flux;

/** Whose demand a {@link BufferFlux#tee(int, TeePolicy)} passes on to its source. */
public enum TeePolicy {

    /** What all subscribers want: nobody falls behind, and the slowest holds up the others. */
    SLOWEST,

    /** What the fastest subscriber wants: who falls too far behind is left behind, with an error. */
    FASTEST
}
