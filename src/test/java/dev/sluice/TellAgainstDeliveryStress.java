package dev.sluice;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * Two threads tell one listener, one of them what may wait, and each delivers if nobody does: no event stays behind when
 * both are done, and none is delivered while another one is.
 */
@JCStressTest
@Outcome(id = "4, 0", expect = ACCEPTABLE, desc = "all were delivered, one after the other")
@Outcome(expect = FORBIDDEN, desc = "an event was left behind, or two were delivered at once")
@State
public class TellAgainstDeliveryStress {

    private static final PoolEvent.Closed EVENT = new PoolEvent.Closed("lake", 0);

    private final Counting counting = new Counting();
    private final EventDelivery listening = new EventDelivery(counting, closed -> {}, Runnable::run, Runnable::run);

    private static final class Counting implements PoolListener {

        private int told; // not volatile: the deliverers order each other
        private volatile boolean busy;
        private int collisions;

        @Override
        public void event(PoolEvent event) {
            collisions += busy ? 1 : 0;
            busy = true;
            told++;
            busy = false;
        }
    }

    @Actor
    public void one() {
        listening.tell(EVENT, PoolListener::closed);
        listening.tell(EVENT, PoolListener::closed);
    }

    @Actor
    public void other() {
        listening.tellLater(EVENT, PoolListener::closed);
        listening.tell(EVENT, PoolListener::closed);
    }

    @Arbiter
    public void account(II_Result r) {
        r.r1 = counting.told;
        r.r2 = counting.collisions;
    }
}
