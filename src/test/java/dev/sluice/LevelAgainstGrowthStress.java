package dev.sluice;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** The level of leak detection is changed while a slab is made: the slab has the new level in the end. */
@JCStressTest
@Outcome(id = "watched, exact", expect = ACCEPTABLE)
@Outcome(expect = FORBIDDEN, desc = "a slab that kept the old level, or a wrong account")
@State
public class LevelAgainstGrowthStress {

    private final BufferPool pool = PoolAccount.quietPool().build();

    @Actor
    public void change() {
        pool.setLeakDetection(LeakDetection.EVERY);
    }

    @Actor
    public void grow() {
        pool.acquire(64).release();
    }

    @Arbiter
    public void account(LL_Result r) {
        PooledBuffer lease = pool.acquire(64);
        r.r1 = pool.dump().oldest().isEmpty() ? "not watched" : "watched";
        lease.release();
        r.r2 = PoolAccount.afterRelease(pool);
    }
}
