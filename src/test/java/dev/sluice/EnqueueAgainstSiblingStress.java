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
 * The same where the memory comes back as another size, in a sibling pool, by two releases that are enough only together:
 * the request waits at the bound that they belong to, and one of them finds it.
 */
@JCStressTest
@Outcome(id = "granted, exact", expect = ACCEPTABLE)
@Outcome(expect = FORBIDDEN, desc = "a lost wakeup, or a wrong account")
@State
public class EnqueueAgainstSiblingStress {

    private final MemoryBudget root = MemoryBudget.of("root", 192);
    private final BufferPool pool =
            PoolAccount.quietPool().budget(root.child("one", 128)).build();
    private final BufferPool sibling =
            PoolAccount.quietPool().budget(root.child("two", 128)).build();
    private final PooledBuffer first;
    private final PooledBuffer second;
    private CompletableFuture<PooledBuffer> request;

    /** Leaves 64 idle bytes in the pool, and 64 of room in its budget that the root has not. */
    public EnqueueAgainstSiblingStress() {
        first = sibling.acquire(64);
        PooledBuffer idle = pool.acquire(64);
        PooledBuffer reclaimed = pool.acquire(64);
        reclaimed.release();
        idle.release();
        second = sibling.acquire(64);
    }

    @Actor
    public void release() {
        first.release();
        second.release();
    }

    @Actor
    public void request() {
        request = pool.request(128);
    }

    @Arbiter
    public void account(LL_Result r) {
        PooledBuffer granted = request.getNow(null);
        r.r1 = granted == null ? "waiting" : "granted";
        r.r2 = PoolAccount.afterRelease(pool, granted);
        sibling.clear();
        r.r2 = root.used() == 0 ? r.r2 : root;
    }
}
