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
 * One thread makes a slab of two slots for a request, another acquires: there is room for both, so neither may fail
 * because the other's slab is charged and not yet there.
 */
@JCStressTest
@Outcome(id = "acquired and granted, exact", expect = ACCEPTABLE)
@Outcome(expect = FORBIDDEN, desc = "refused although half of what was charged is free, or a wrong account")
@State
public class GrowthAgainstAcquireStress {

    private final BufferPool pool = PoolAccount.quietPool().maxBuffersPerSize(4).build();
    private final PooledBuffer first = pool.acquire(64);
    private final PooledBuffer second = pool.acquire(64);
    private CompletableFuture<PooledBuffer> request;
    private PooledBuffer lease;

    @Actor
    public void request() {
        request = pool.request(64);
    }

    @Actor
    public void acquire() {
        lease = pool.tryAcquire(64).orElse(null);
    }

    @Arbiter
    public void account(LL_Result r) {
        PooledBuffer granted = request.getNow(null);
        r.r1 = (lease == null ? "refused" : "acquired") + (granted == null ? " and waiting" : " and granted");
        r.r2 = PoolAccount.afterRelease(pool, first, second, granted, lease);
    }
}
