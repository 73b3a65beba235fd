package dev.sluice.samples.demandcurve;

/**
 * What was measured at one instant. All sizes in bytes.
 *
 * @param seconds since the start, on the clock of the machine
 * @param hour of the scaled day, from 0; beyond 24 on the next one
 * @param readers the subscriptions at work
 * @param demand requested and not yet given
 * @param inFlight leased and not yet released
 * @param idle owned by the pool and leased by nobody
 * @param pending requests that wait for memory
 * @param resident what the process has of the machine's memory
 */
record Sample(
        double seconds, double hour, int readers, long demand, long inFlight, long idle, long pending, long resident) {

    /** What subscribers want at this moment: what they have, and what they wait for. */
    long wanted() {
        return inFlight + demand;
    }

    long allocated() {
        return inFlight + idle;
    }
}
