package dev.sluice;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/**
 * The same where the budget has room for the one slab only. The memory is idle, on its way out, or leased; nobody else
 * wants it, so whoever acquires must get it.
 */
@JCStressTest
@Outcome(id = "acquired, exact", expect = ACCEPTABLE)
@Outcome(expect = FORBIDDEN, desc = "refused although nothing was leased, or a wrong account")
@State
public class ClearAgainstAcquireStress {

    private final BufferPool pool = PoolAccount.quietPool().maxBytes(64).build();
    private PooledBuffer lease;

    public ClearAgainstAcquireStress() {
        pool.acquire(64).release();
    }

    @Actor
    public void clear() {
        pool.clear();
    }

    @Actor
    public void acquire() {
        lease = pool.tryAcquire(64).orElse(null);
    }

    @Arbiter
    public void account(LL_Result r) {
        r.r1 = lease == null ? "refused" : "acquired";
        r.r2 = PoolAccount.afterRelease(pool, lease);
    }
}
