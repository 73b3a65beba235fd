package dev.sluice;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLL_Result;

/** One idle slab, one thread that retires it and one that wants a slot: the slab goes whole, or stays for the taker. */
@JCStressTest
@Outcome(id = "64 given back, new slab, exact", expect = ACCEPTABLE, desc = "the slab was retired first")
@Outcome(id = "0 given back, old slab, exact", expect = ACCEPTABLE, desc = "its slot was taken first")
@Outcome(expect = FORBIDDEN, desc = "a lease on a slab that is gone, or a wrong account")
@State
public class RetireAgainstAcquireStress {

    private final BufferPool pool = PoolAccount.quietPool().build();
    private long givenBack;
    private PooledBuffer lease;

    public RetireAgainstAcquireStress() {
        PooledBuffer old = pool.acquire(64);
        old.byteBuffer().putLong(42);
        old.release();
    }

    @Actor
    public void retire() {
        givenBack = pool.clear();
    }

    @Actor
    public void acquire() {
        lease = pool.acquire(64);
    }

    @Arbiter
    public void account(LLL_Result r) {
        r.r1 = givenBack + " given back";
        r.r2 = lease.byteBuffer().getLong() == 42 ? "old slab" : "new slab";
        r.r3 = pool.budget().used() == 64 ? PoolAccount.afterRelease(pool, lease) : pool.budget();
    }
}
