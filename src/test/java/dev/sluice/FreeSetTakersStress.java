package dev.sluice;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/** Two takers, two bits that were given back: each gets one of its own, and neither finds the set empty. */
@JCStressTest
@Outcome(
        id = {"0, 1, 0", "1, 0, 0"},
        expect = ACCEPTABLE,
        desc = "one each")
@Outcome(expect = FORBIDDEN, desc = "a bit was taken twice, or missed on its way")
@State
public class FreeSetTakersStress extends SlabFreeSet {

    public FreeSetTakersStress() {
        super(0);
        giveBackIndex(0);
        giveBackIndex(1);
    }

    private int take() {
        int index = takeIndex();
        while (index == CONTENDED) {
            index = takeIndex();
        }
        return index;
    }

    @Actor
    public void one(III_Result r) {
        r.r1 = take();
    }

    @Actor
    public void other(III_Result r) {
        r.r2 = take();
    }

    @Arbiter
    public void left(III_Result r) {
        r.r3 = (int) free();
    }
}
