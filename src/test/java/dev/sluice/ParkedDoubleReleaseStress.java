package dev.sluice;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.concurrent.CompletableFuture;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLL_Result;

/** A lease is released by the thread that took it, which parks the slot, and by another: the slot comes back once. */
@JCStressTest
@Outcome(id = "alive, none, exact", expect = ACCEPTABLE, desc = "one release counted, and freed nobody else's lease")
@Outcome(id = "none, alive, exact", expect = ACCEPTABLE, desc = "the same for the other")
@Outcome(expect = FORBIDDEN, desc = "the slot was given back twice or not at all, or a wrong account")
@State
public class ParkedDoubleReleaseStress {

    private final BufferPool pool = PoolAccount.quietPool().maxBuffersPerSize(1).build();
    private final CompletableFuture<PooledBuffer> lease = new CompletableFuture<>();
    private PooledBuffer one;
    private PooledBuffer other;

    @Actor
    public void one() {
        PooledBuffer mine = pool.acquire(64);
        lease.complete(mine);
        mine.release();
        one = pool.tryAcquire(64).orElse(null);
    }

    @Actor
    public void other() {
        lease.join().release();
        other = pool.tryAcquire(64).orElse(null);
    }

    @Arbiter
    public void account(LLL_Result r) {
        r.r1 = PoolAccount.state(one);
        r.r2 = PoolAccount.state(other);
        r.r3 = PoolAccount.afterRelease(pool, one, other);
    }
}
