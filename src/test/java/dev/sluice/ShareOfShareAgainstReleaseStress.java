package dev.sluice;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLL_Result;

/** The same for the last share of a slot, whose first lease is released already. */
@JCStressTest
@Outcome(id = "refused, alive, exact", expect = ACCEPTABLE, desc = "the release came first, so the slot was free")
@Outcome(id = "shared, none, exact", expect = ACCEPTABLE, desc = "the second share came first and keeps the slot")
@Outcome(expect = FORBIDDEN, desc = "a share and a new lease on one slot, stale content, or a wrong account")
@State
public class ShareOfShareAgainstReleaseStress {

    private final BufferPool pool = PoolAccount.quietPool().maxBuffersPerSize(1).build();
    private final PooledBuffer last;
    private PooledBuffer share;
    private PooledBuffer next;

    public ShareOfShareAgainstReleaseStress() {
        PooledBuffer first = pool.acquire(64);
        last = first.retain();
        last.byteBuffer().putLong(0, 42);
        first.release();
    }

    @Actor
    public void retain() {
        try {
            share = last.retain();
        } catch (BufferReleasedException e) {
            share = null;
        }
    }

    @Actor
    public void releaseAndAcquire() {
        last.release();
        next = pool.tryAcquire(64).orElse(null);
    }

    @Arbiter
    public void account(LLL_Result r) {
        r.r1 = share == null ? "refused" : share.byteBuffer().getLong() == 42 ? "shared" : "stale";
        r.r2 = PoolAccount.state(next);
        r.r3 = PoolAccount.afterRelease(pool, share, next);
    }
}
