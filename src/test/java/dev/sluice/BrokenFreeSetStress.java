package dev.sluice;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/** The twin of {@link SlabFreeSet} whose take is a read and a write instead of a compare-and-set: it must be caught. */
@JCStressTest
@Outcome(
        id = {"0, 1, 0", "1, 0, 0"},
        expect = ACCEPTABLE,
        desc = "each of two takers has a bit of its own")
@Outcome(expect = FORBIDDEN, desc = "one bit was taken twice")
@State
public class BrokenFreeSetStress {

    private volatile long free = 0b11;

    private int takeIndex() {
        long now = free;
        free = now & (now - 1);
        return Long.numberOfTrailingZeros(now);
    }

    @Actor
    public void take(III_Result r) {
        r.r1 = takeIndex();
    }

    @Actor
    public void takeToo(III_Result r) {
        r.r2 = takeIndex();
    }

    @Arbiter
    public void left(III_Result r) {
        r.r3 = (int) free;
    }
}
