package dev.sluice;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** A lent lease is retained while it is released: the lender hears that its memory is back only if nobody has it. */
@JCStressTest
@Outcome(id = "refused and back, exact", expect = ACCEPTABLE, desc = "the release came first")
@Outcome(id = "retained and out, exact", expect = ACCEPTABLE, desc = "the share came first and keeps the memory")
@Outcome(expect = FORBIDDEN, desc = "the lender heard too early, never or twice, or a wrong account")
@State
public class LendAgainstRetainStress {

    private final BufferPool pool = PoolAccount.quietPool().maxBuffersPerSize(1).build();
    private final PooledBuffer lender = pool.acquire(64);
    private int back;
    private final PooledBuffer lent = lender.lend(() -> back++);
    private PooledBuffer share;

    @Actor
    public void retain() {
        try {
            share = lent.retain();
        } catch (BufferReleasedException e) {
            share = null;
        }
    }

    @Actor
    public void release() {
        lent.release();
    }

    @Arbiter
    public void account(LL_Result r) {
        r.r1 = (share == null ? "refused" : "retained") + " and " + (back == 0 ? "out" : back == 1 ? "back" : "twice");
        if (share != null) {
            share.release();
        }
        r.r2 = back == 1 ? PoolAccount.afterRelease(pool, lender) : "told " + back + " times";
    }
}
