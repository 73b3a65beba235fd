package dev.sluice;

/** What became of an attempt to get a slot, made under the ledger's lock. */
sealed interface LedgerDecision permits LedgerDecision.Taken, LedgerDecision.Refused, LedgerDecision.Failed, Growth {

    /** A free slot was taken. */
    record Taken(Slot slot) implements LedgerDecision {}

    /**
     * A bound refused.
     *
     * @param queue where those wait whom it refuses
     * @param freed whether idle memory was given back all the same, so that others may get what this one did not
     */
    record Refused(WaitQueue queue, boolean freed) implements LedgerDecision {}

    /** The JVM has no memory. */
    record Failed(OutOfMemoryError error) implements LedgerDecision {}
}
