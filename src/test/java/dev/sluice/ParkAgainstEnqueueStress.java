package dev.sluice;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.concurrent.CompletableFuture;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/**
 * A request that may have to wait, against a release that parks the only buffer: the request brings it in, or the releaser
 * sees the request and gives the bit back after all.
 */
@JCStressTest
@Outcome(id = "granted, exact", expect = ACCEPTABLE)
@Outcome(expect = FORBIDDEN, desc = "a lost wakeup, or a wrong account")
@State
public class ParkAgainstEnqueueStress {

    private final BufferPool pool = PoolAccount.quietPool().maxBuffersPerSize(1).build();
    private CompletableFuture<PooledBuffer> request;

    public ParkAgainstEnqueueStress() {
        pool.acquire(64).release();
    }

    /** Only a thread that has acquired parks what it releases. */
    @Actor
    public void park() {
        pool.tryAcquire(64).ifPresent(PooledBuffer::release);
    }

    @Actor
    public void request() {
        request = pool.request(64);
    }

    @Arbiter
    public void account(LL_Result r) {
        PooledBuffer granted = request.getNow(null);
        r.r1 = granted == null ? "waiting" : "granted";
        r.r2 = PoolAccount.afterRelease(pool, granted);
    }
}
