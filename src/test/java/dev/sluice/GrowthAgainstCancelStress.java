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

/** The same where the grant needs new memory: it is charged and the idle slab of another size retired for it. */
@JCStressTest
@Outcome(id = "cancelled, none, exact", expect = ACCEPTABLE, desc = "the cancel won")
@Outcome(id = "not cancelled, alive, exact", expect = ACCEPTABLE, desc = "the grant won")
@Outcome(expect = FORBIDDEN, desc = "both or neither, or a wrong account")
@State
public class GrowthAgainstCancelStress {

    private final BufferPool pool = PoolAccount.quietPool().maxBytes(128).build();
    private final PooledBuffer held = pool.acquire(64);
    private final CompletableFuture<PooledBuffer> request = pool.request(128);

    @Actor
    public void release() {
        held.release();
    }

    @Actor
    public void cancel(LLL_Result r) {
        r.r1 = request.cancel(false) ? "cancelled" : "not cancelled";
    }

    @Arbiter
    public void account(LLL_Result r) {
        PooledBuffer granted = request.isCancelled() ? null : request.getNow(null);
        r.r2 = PoolAccount.state(granted);
        r.r3 = PoolAccount.afterRelease(pool, granted);
    }
}
