package dev.sluice.flux;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.util.context.Context;

/** {@link DrainSubscription}: of two failures one is signalled, and the other one goes to the hook of dropped errors. */
@JCStressTest
@Outcome(id = "1 signalled, 1 dropped", expect = ACCEPTABLE, desc = "the first wins")
@Outcome(expect = FORBIDDEN, desc = "two signals, or a failure that nobody hears of")
@State
public class DrainFailuresStress {

    private static final Throwable FAILURE = new IllegalStateException("one of two");

    private final AtomicInteger signalled = new AtomicInteger();
    private final AtomicInteger dropped = new AtomicInteger();
    private final Loop loop = new Loop(new Subscriber());

    @Actor
    public void one() {
        loop.fail(FAILURE);
    }

    @Actor
    public void other() {
        loop.fail(FAILURE);
    }

    @Arbiter
    public void account(L_Result r) {
        r.r1 = signalled + " signalled, " + dropped + " dropped";
    }

    private static final class Loop extends DrainSubscription<String> {

        Loop(CoreSubscriber<String> actual) {
            super(actual);
        }

        @Override
        boolean step() {
            return false;
        }

        @Override
        void interrupt() {}

        @Override
        void releaseAll() {}
    }

    private final class Subscriber implements CoreSubscriber<String> {

        private final Context context =
                Context.of("reactor.onErrorDropped.local", (Consumer<Throwable>) error -> dropped.incrementAndGet());

        @Override
        public Context currentContext() {
            return context;
        }

        @Override
        public void onSubscribe(Subscription subscription) {}

        @Override
        public void onNext(String element) {}

        @Override
        public void onError(Throwable error) {
            signalled.incrementAndGet();
        }

        @Override
        public void onComplete() {}
    }
}
