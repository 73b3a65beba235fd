package dev.sluice;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/** A set of two bits that were given back is retired while one is taken: empty for ever, or the other stays. */
@JCStressTest
@Outcome(id = "0, 0, 2", expect = ACCEPTABLE, desc = "taken before it was retired")
@Outcome(id = "-1, 1, 0", expect = ACCEPTABLE, desc = "retired before one was taken")
@Outcome(expect = FORBIDDEN, desc = "both won, neither did, or a bit is lost")
@State
public class FreeSetRetireStress extends SlabFreeSet {

    private static final long FULL = 0b11;

    public FreeSetRetireStress() {
        super(0);
        giveBackIndex(0);
        giveBackIndex(1);
    }

    @Actor
    public void take(III_Result r) {
        int index = takeIndex();
        while (index == CONTENDED) {
            index = takeIndex();
        }
        r.r1 = index;
    }

    @Actor
    public void retire(III_Result r) {
        r.r2 = retire(FULL) ? 1 : 0;
    }

    @Arbiter
    public void left(III_Result r) {
        r.r3 = (int) free();
    }
}
