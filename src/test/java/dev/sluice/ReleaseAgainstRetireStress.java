package dev.sluice;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLL_Result;

/**
 * The last slab of a list is retired as soon as its only buffer comes back, while the releaser is still about to say that
 * the slab has room: that hint must not point into a list in which the slab no longer stands.
 */
@JCStressTest
@Outcome(id = "64 given back, alive, exact", expect = ACCEPTABLE, desc = "the release came first")
@Outcome(
        id = "0 given back, alive, exact",
        expect = ACCEPTABLE,
        desc = "the slab was still in use when it was looked at")
@Outcome(expect = FORBIDDEN, desc = "a wrong account")
@State
public class ReleaseAgainstRetireStress {

    /** One of them comes right after the bit is set. */
    private static final int LOOKS = 20;

    private final BufferPool pool = PoolAccount.quietPool().build();
    private final PooledBuffer first = pool.acquire(64);
    private final PooledBuffer last = pool.acquire(64);
    private long givenBack;

    @Actor
    public void release() {
        last.release();
    }

    @Actor
    public void clear() {
        for (int i = 0; i < LOOKS && givenBack == 0; i++) {
            givenBack = pool.clear();
        }
    }

    @Arbiter
    public void account(LLL_Result r) {
        PooledBuffer next = pool.acquire(64);
        r.r1 = givenBack + " given back";
        r.r2 = PoolAccount.state(next);
        r.r3 = PoolAccount.afterRelease(pool, first, next);
    }
}
