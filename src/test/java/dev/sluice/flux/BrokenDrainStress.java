package dev.sluice.flux;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/** The twin of the loop that gives up the floor without looking whether somebody came meanwhile: it must be caught. */
@JCStressTest
@Outcome(id = "emitted", expect = ACCEPTABLE, desc = "the arrival was served before the cancellation")
@Outcome(id = "given back", expect = ACCEPTABLE, desc = "the round of one of the two found the end")
@Outcome(expect = FORBIDDEN, desc = "lost: nobody went round again")
@State
public class BrokenDrainStress {

    private final AtomicInteger wip = new AtomicInteger();
    private final AtomicReference<String> arrived = new AtomicReference<>();
    private volatile boolean cancelled;
    private int emitted;
    private int givenBack;

    @Actor
    public void arrive() {
        arrived.set("arrival");
        drain();
    }

    @Actor
    public void cancel() {
        cancelled = true;
        drain();
    }

    @Arbiter
    public void account(L_Result r) {
        r.r1 = emitted + givenBack != 1 ? "lost" : emitted == 1 ? "emitted" : "given back";
    }

    private void drain() {
        if (wip.getAndIncrement() != 0) {
            return;
        }
        boolean last = cancelled;
        if (arrived.getAndSet(null) != null) {
            if (last) {
                givenBack++;
            } else {
                emitted++;
            }
        }
        wip.set(0);
    }
}
