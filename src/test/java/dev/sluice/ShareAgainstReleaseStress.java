package dev.sluice;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLL_Result;

/** A lease is retained by one thread and released by another, who then wants the slot: shared, or free. */
@JCStressTest
@Outcome(id = "refused, alive, exact", expect = ACCEPTABLE, desc = "the release came first, so the slot was free")
@Outcome(id = "shared, none, exact", expect = ACCEPTABLE, desc = "the share came first and keeps the slot")
@Outcome(expect = FORBIDDEN, desc = "a share and a new lease on one slot, stale content, or a wrong account")
@State
public class ShareAgainstReleaseStress {

    private final BufferPool pool = PoolAccount.quietPool().maxBuffersPerSize(1).build();
    private final PooledBuffer lease = pool.acquire(64);
    private PooledBuffer share;
    private PooledBuffer next;

    public ShareAgainstReleaseStress() {
        lease.byteBuffer().putLong(8, 42);
    }

    @Actor
    public void slice() {
        try {
            share = lease.slice(8, 8);
        } catch (BufferReleasedException e) {
            share = null;
        }
    }

    @Actor
    public void releaseAndAcquire() {
        lease.release();
        next = pool.tryAcquire(64).orElse(null);
    }

    @Arbiter
    public void account(LLL_Result r) {
        r.r1 = share == null ? "refused" : share.byteBuffer().getLong() == 42 ? "shared" : "stale";
        r.r2 = PoolAccount.state(next);
        r.r3 = PoolAccount.afterRelease(pool, share, next);
    }
}
