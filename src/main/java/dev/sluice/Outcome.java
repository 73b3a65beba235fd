package dev.sluice;

/** What became of an attempt to get a slot, made under the ledger's lock. */
sealed interface Outcome permits Outcome.Taken, Outcome.Refused, Outcome.Failed, Growth {

    /** A free slot was taken. */
    record Taken(Slot slot) implements Outcome {}

    /** A bound refused; here those wait whom it refuses. */
    record Refused(WaitQueue queue) implements Outcome {}

    /** The JVM has no memory. */
    record Failed(OutOfMemoryError error) implements Outcome {}
}
