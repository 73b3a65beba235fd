package dev.sluice;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** One thread takes all there is while another gives a bit back: every bit is taken once or still there. */
@JCStressTest
@Outcome(
        id = {"6, 1", "7, 0"},
        expect = ACCEPTABLE,
        desc = "the third bit came too late, or in time")
@Outcome(expect = FORBIDDEN, desc = "a bit is lost or there twice")
@State
public class FreeSetReturnStress extends SlabFreeSet {

    public FreeSetReturnStress() {
        super(0);
        giveBackIndex(1);
        giveBackIndex(2);
    }

    @Actor
    public void takeAll(II_Result r) {
        int taken = 0;
        for (int index = takeIndex(); index != EMPTY; index = takeIndex()) {
            taken |= index == CONTENDED ? 0 : 1 << index;
        }
        r.r1 = taken;
    }

    @Actor
    public void giveBack() {
        giveBackIndex(0);
    }

    @Arbiter
    public void left(II_Result r) {
        r.r2 = (int) free();
    }
}
