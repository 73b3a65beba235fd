package dev.sluice;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLL_Result;

/** Two threads release one lease, and then each wants the slot: one of them gets it, and keeps it. */
@JCStressTest
@Outcome(
        id = {"alive, none, exact", "none, alive, exact"},
        expect = ACCEPTABLE,
        desc = "one release counted, and freed nobody else's lease")
@Outcome(expect = FORBIDDEN, desc = "the slot was given back twice or not at all, or a wrong account")
@State
public class DoubleReleaseStress {

    private final BufferPool pool = PoolAccount.quietPool().maxBuffersPerSize(1).build();
    private final PooledBuffer lease = pool.acquire(64);
    private PooledBuffer one;
    private PooledBuffer other;

    private PooledBuffer releaseAndAcquire() {
        lease.release();
        return pool.tryAcquire(64).orElse(null);
    }

    @Actor
    public void one() {
        one = releaseAndAcquire();
    }

    @Actor
    public void other() {
        other = releaseAndAcquire();
    }

    @Arbiter
    public void account(LLL_Result r) {
        r.r1 = PoolAccount.state(one);
        r.r2 = PoolAccount.state(other);
        r.r3 = PoolAccount.afterRelease(pool, one, other);
    }
}
