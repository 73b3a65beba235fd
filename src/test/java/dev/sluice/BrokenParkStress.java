package dev.sluice;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/** The twin of a release that parks and does not look again whether somebody waits: it must be caught. */
@JCStressTest
@Outcome(id = "found", expect = ACCEPTABLE, desc = "the request finds the slot")
@Outcome(id = "served", expect = ACCEPTABLE, desc = "the releaser finds the request")
@Outcome(id = "waiting", expect = FORBIDDEN, desc = "a lost wakeup: neither saw the other")
@State
public class BrokenParkStress {

    private volatile boolean parked;
    private volatile int pending;
    private boolean found;
    private boolean served;

    @Actor
    public void release() {
        served = pending != 0;
        if (!served) {
            parked = true;
        }
    }

    @Actor
    public void request() {
        pending = 1;
        found = parked;
    }

    @Arbiter
    public void account(L_Result r) {
        r.r1 = found ? "found" : served ? "served" : "waiting";
    }
}
