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
 * One slot, one thread that parks it and takes it again, and another that brings it in to take it: never two live leases,
 * and whoever has the slot sees what its last holder wrote.
 */
@JCStressTest
@Outcome(id = "written, none, exact", expect = ACCEPTABLE, desc = "the parker had it all the time")
@Outcome(id = "none, written, exact", expect = ACCEPTABLE, desc = "the other got it after it was parked")
@Outcome(id = "none, blank, exact", expect = ACCEPTABLE, desc = "the other had it all the time")
@Outcome(expect = FORBIDDEN, desc = "two leases on one slot, a slot lost, stale content, or a wrong account")
@State
public class ParkAgainstTakerStress {

    private final BufferPool pool = PoolAccount.quietPool().maxBuffersPerSize(1).build();
    private PooledBuffer parkers;
    private PooledBuffer others;

    public ParkAgainstTakerStress() {
        PooledBuffer buffer = pool.acquire(64);
        buffer.byteBuffer().putLong(0, 0);
        buffer.release();
    }

    private static String content(PooledBuffer lease) {
        if (lease == null) {
            return "none";
        }
        return lease.byteBuffer().getLong(0) == 42 ? "written" : "blank";
    }

    @Actor
    public void park(LLL_Result r) {
        PooledBuffer first = pool.tryAcquire(64).orElse(null);
        if (first != null) {
            first.byteBuffer().putLong(0, 42);
            first.release();
            parkers = pool.tryAcquire(64).orElse(null);
        }
        r.r1 = content(parkers);
    }

    @Actor
    public void take(LLL_Result r) {
        others = pool.tryAcquire(64).orElse(null);
        r.r2 = content(others);
    }

    @Arbiter
    public void account(LLL_Result r) {
        r.r3 = PoolAccount.afterRelease(pool, parkers, others);
    }
}
