package dev.sluice;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/** A slot is parked while everything idle is given back: it is given back too, or stays idle, and nothing else. */
@JCStressTest
@Outcome(id = "exact", expect = ACCEPTABLE)
@Outcome(expect = FORBIDDEN, desc = "memory stayed behind where nobody finds it, or a wrong account")
@State
public class ParkAgainstClearStress {

    private final BufferPool pool = PoolAccount.quietPool().build();
    private PooledBuffer kept;

    @Actor
    public void park() {
        pool.acquire(64).release();
        kept = pool.acquire(64);
        pool.acquire(64).release();
    }

    @Actor
    public void clear() {
        pool.clear();
        pool.clear();
    }

    @Arbiter
    public void account(L_Result r) {
        r.r1 = PoolAccount.afterRelease(pool, kept);
    }
}
