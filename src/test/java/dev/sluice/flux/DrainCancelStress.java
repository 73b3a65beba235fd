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
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;

/** {@link DrainSubscription}: what arrives while the subscriber cancels is emitted or given back, never both or neither. */
@JCStressTest
@Outcome(id = "emitted", expect = ACCEPTABLE, desc = "the arrival was served before the cancellation")
@Outcome(id = "given back", expect = ACCEPTABLE, desc = "the round of one of the two found the end")
@Outcome(expect = FORBIDDEN, desc = "lost, or in two hands")
@State
public class DrainCancelStress {

    private final AtomicInteger emitted = new AtomicInteger();
    private final AtomicInteger givenBack = new AtomicInteger();
    private final Loop loop = new Loop(new Counting(emitted));

    public DrainCancelStress() {
        loop.request(1);
    }

    @Actor
    public void arrive() {
        loop.arrived.set("arrival");
        loop.drain();
    }

    @Actor
    public void cancel() {
        loop.cancel();
    }

    @Arbiter
    public void account(L_Result r) {
        int all = emitted.get() + givenBack.get();
        r.r1 = all != 1
                ? emitted + " emitted, " + givenBack + " given back"
                : emitted.get() == 1 ? "emitted" : "given back";
    }

    private final class Loop extends DrainSubscription<String> {

        private final AtomicReference<String> arrived = new AtomicReference<>();

        Loop(CoreSubscriber<String> actual) {
            super(actual);
        }

        @Override
        boolean step() {
            String next = arrived.getAndSet(null);
            if (next != null) {
                emit(next);
            }
            return next != null;
        }

        @Override
        void interrupt() {}

        @Override
        void releaseAll() {
            if (arrived.getAndSet(null) != null) {
                givenBack.incrementAndGet();
            }
        }
    }

    private record Counting(AtomicInteger emitted) implements CoreSubscriber<String> {

        @Override
        public void onSubscribe(Subscription subscription) {}

        @Override
        public void onNext(String element) {
            emitted.incrementAndGet();
        }

        @Override
        public void onError(Throwable error) {}

        @Override
        public void onComplete() {}
    }
}
