package dev.sluice;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/** Two takers, two free bits and two that were given back: each bit is taken once, and nobody finds the set empty. */
@JCStressTest
@Outcome(id = "1111", expect = ACCEPTABLE, desc = "two each")
@Outcome(expect = FORBIDDEN, desc = "a bit was taken twice, or missed on its way")
@State
public class FreeSetTakersStress extends SlabFreeSet {

    private int one;
    private int other;

    public FreeSetTakersStress() {
        super(0b0011);
        giveBackIndex(2);
        giveBackIndex(3);
    }

    private int takeTwo() {
        return (1 << take()) + (1 << take());
    }

    private int take() {
        int index = takeIndex();
        while (index == CONTENDED) {
            index = takeIndex();
        }
        return index;
    }

    @Actor
    public void one() {
        one = takeTwo();
    }

    @Actor
    public void other() {
        other = takeTwo();
    }

    @Arbiter
    public void account(L_Result r) {
        r.r1 = Long.toBinaryString(one + other + free());
    }
}
