package dev.sluice;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** One slot, one thread that releases it and one that wants it: never two live leases, and the content is seen. */
@JCStressTest
@Outcome(id = "none, exact", expect = ACCEPTABLE, desc = "the taker came first")
@Outcome(id = "released with its content, exact", expect = ACCEPTABLE, desc = "the releaser came first")
@Outcome(expect = FORBIDDEN, desc = "two leases on one slot, stale content, or a wrong account")
@State
public class ReleaseAgainstAcquireStress {

    private final BufferPool pool = PoolAccount.quietPool().maxBuffersPerSize(1).build();
    private final PooledBuffer first = pool.acquire(64);
    private PooledBuffer second;

    @Actor
    public void release() {
        first.byteBuffer().putLong(42);
        first.release();
    }

    @Actor
    public void acquire(LL_Result r) {
        second = pool.tryAcquire(64).orElse(null);
        if (second == null) {
            r.r1 = "none";
        } else {
            r.r1 = (first.isReleased() ? "released" : "alive")
                    + (second.byteBuffer().getLong() == 42 ? " with its content" : " with stale content");
        }
    }

    @Arbiter
    public void account(LL_Result r) {
        r.r2 = PoolAccount.afterRelease(pool, second);
    }
}
