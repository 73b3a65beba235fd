package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.util.context.Context;

/** The loop by itself: one signal, everything given back before it, and no failure that nobody hears of. */
class DrainSubscriptionTest {

    private final List<String> log = new ArrayList<>();

    /** What the next step does; null: nothing. */
    private Step next;

    private interface Step {
        void run(DrainSubscription<String> loop) throws Exception;
    }

    private final class Loop extends DrainSubscription<String> {

        private final RuntimeException whenReleased;

        Loop(CoreSubscriber<String> actual, RuntimeException whenReleased) {
            super(actual);
            this.whenReleased = whenReleased;
        }

        @Override
        boolean step() throws Exception {
            Step now = next;
            next = null;
            if (now == null) {
                return false;
            }
            now.run(this);
            return true;
        }

        @Override
        void interrupt() {
            log.add("interrupt");
        }

        @Override
        void releaseAll() {
            log.add("release");
            if (whenReleased != null) {
                throw whenReleased;
            }
        }
    }

    /** Notes down each signal, and throws what it is told to throw. */
    private final class Noting implements CoreSubscriber<String> {

        private final Error thrown;

        Noting(Error thrown) {
            this.thrown = thrown;
        }

        @Override
        public Context currentContext() {
            return Context.of(
                    "reactor.onErrorDropped.local", (Consumer<Throwable>) error -> log.add("dropped " + error));
        }

        @Override
        public void onSubscribe(Subscription subscription) {}

        @Override
        public void onNext(String element) {
            log.add(element);
            if (thrown != null) {
                throw thrown;
            }
        }

        @Override
        public void onError(Throwable error) {
            log.add("error " + error);
        }

        @Override
        public void onComplete() {
            log.add("complete");
        }
    }

    private Loop loop() {
        return new Loop(new Noting(null), null);
    }

    static List<Throwable> throwables() {
        return List.of(new IOException("io"), new IllegalStateException("state"), new AssertionError("assert"));
    }

    @ParameterizedTest
    @MethodSource("throwables")
    void whatAStepThrowsIsTheOneSignal(Throwable thrown) {
        next = loop -> {
            throw ForeignCode.sneaky(thrown);
        };
        Loop loop = loop();
        loop.drain();
        loop.request(1);
        assertThat(log).contains("interrupt", "release").containsOnlyOnce("error " + thrown);
        assertThat(log.indexOf("release")).isLessThan(log.indexOf("error " + thrown));
    }

    @Test
    void whatIsFatalToTheJvmIsThrownWhenTheSubscriberKnows() {
        OutOfMemoryError fatal = new OutOfMemoryError("a test's");
        next = loop -> {
            throw fatal;
        };
        Loop loop = loop();
        assertThatThrownBy(loop::drain).isSameAs(fatal);
        assertThat(log).contains("release").containsOnlyOnce("error " + fatal);
    }

    @Test
    void theFirstFailureWinsAndTheOthersAreDropped() {
        next = loop -> {
            loop.fail(new IOException("first"));
            loop.fail(new IOException("second"));
        };
        Loop loop = loop();
        loop.drain();
        loop.fail(new IOException("third"));
        assertThat(log)
                .containsSubsequence(
                        "dropped java.io.IOException: second",
                        "error java.io.IOException: first",
                        "dropped java.io.IOException: third");
    }

    @Test
    void aFailureThatLosesToACancellationIsDropped() {
        next = loop -> {
            loop.fail(new IOException("late"));
            loop.cancel();
        };
        loop().drain();
        assertThat(log).contains("dropped java.io.IOException: late").noneMatch(entry -> entry.startsWith("error"));
    }

    @Test
    void aSubscriberThatThrowsGetsNoOtherSignal() {
        AssertionError thrown = new AssertionError("the subscriber's");
        Loop loop = new Loop(new Noting(thrown), null);
        next = it -> it.emit("element");
        assertThatThrownBy(() -> loop.request(1)).isSameAs(thrown);
        loop.request(1);
        loop.fail(new IOException("late"));
        assertThat(log).contains("element", "interrupt", "release", "dropped java.io.IOException: late");
        assertThat(log).noneMatch(entry -> entry.startsWith("error") || entry.equals("complete"));
    }

    @Test
    void whatGivingBackThrowsDoesNotStandInTheWayOfTheSignal() {
        Loop loop = new Loop(new Noting(null), new IllegalStateException("not given back"));
        next = it -> it.end(null);
        loop.drain();
        assertThat(log).contains("dropped java.lang.IllegalStateException: not given back", "complete");
    }

    @Test
    void aRequestForNothingIsAnError() {
        Loop loop = loop();
        loop.request(-1_000);
        assertThat(log).anyMatch(entry -> entry.endsWith("rule 3.9: a request must be for at least 1, not -1,000"));
        loop.request(0);
        assertThat(log).noneMatch(entry -> entry.startsWith("dropped"));
    }
}
