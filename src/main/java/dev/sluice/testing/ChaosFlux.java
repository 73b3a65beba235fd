package dev.sluice.testing;

import static dev.sluice.testing.Messages.message;

import dev.sluice.PooledBuffer;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxOperator;
import reactor.core.publisher.Operators;
import reactor.util.concurrent.Queues;
import reactor.util.context.Context;

/** {@link Chaos#apply}. */
final class ChaosFlux<T> extends FluxOperator<T, T> {

    private final Chaos chaos;
    private final SplittableRandom seeds;
    private int subscriptions;

    ChaosFlux(Flux<T> source, Chaos chaos, long seed) {
        super(source);
        this.chaos = chaos;
        this.seeds = new SplittableRandom(seed);
    }

    @Override
    public void subscribe(CoreSubscriber<? super T> actual) {
        source.subscribe(begin(actual));
    }

    private synchronized ChaosSubscriber<T> begin(CoreSubscriber<? super T> actual) {
        return new ChaosSubscriber<>(actual, chaos, seeds.split(), seeds.split(), ++subscriptions);
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : super.scanUnsafe(key);
    }

    /** What becomes of a signal. */
    private enum Whim {
        PASS,
        CANCEL,
        FAIL,
        DELAY
    }

    /**
     * Signals of the source are queued, at most as many as were requested, and handled by one thread at a time. That
     * thread draws a random number for each signal, so a signal meets the same number whichever thread brings it.
     * Requests have random numbers of their own, drawn under a lock.
     */
    private static final class ChaosSubscriber<T> implements CoreSubscriber<T>, Subscription, Scannable {

        private final CoreSubscriber<? super T> actual;
        private final Chaos chaos;
        private final SplittableRandom signalNumbers;
        private final SplittableRandom requestNumbers;
        private final int subscription;
        private final Queue<T> queue = Queues.<T>unbounded().get();
        private final AtomicInteger work = new AtomicInteger();
        private @Nullable Subscription upstream;
        private @Nullable Throwable error;
        private volatile boolean done;

        /** Set by a cancellation from below, or with the last signal that goes there. */
        private volatile boolean over;

        /** A signal is delayed. */
        private volatile boolean resting;

        /** The first signal in the queue was delayed already. Handed over by {@link #resting}. */
        private boolean rested;

        /** What a request brought about, until it is handled. */
        private volatile @Nullable End ending;

        private long signals;

        /** Guarded by {@link #requestNumbers}. */
        private long requests;

        /**
         * How chaos ends the sequence.
         *
         * @param error null: completes
         */
        private record End(@Nullable ChaosException error) {}

        ChaosSubscriber(
                CoreSubscriber<? super T> actual,
                Chaos chaos,
                SplittableRandom signalNumbers,
                SplittableRandom requestNumbers,
                int subscription) {
            this.actual = actual;
            this.chaos = chaos;
            this.signalNumbers = signalNumbers;
            this.requestNumbers = requestNumbers;
            this.subscription = subscription;
        }

        @Override
        public Context currentContext() {
            return actual.currentContext();
        }

        @Override
        public void onSubscribe(Subscription given) {
            if (Operators.validate(upstream, given)) {
                upstream = given;
                actual.onSubscribe(this);
            }
        }

        @Override
        public void onNext(T element) {
            if (done) {
                discard(element);
                return;
            }
            queue.add(element);
            drain();
        }

        @Override
        public void onError(Throwable failure) {
            if (done || over) {
                Operators.onErrorDropped(failure, currentContext());
                return;
            }
            error = failure;
            done = true;
            drain();
        }

        @Override
        public void onComplete() {
            done = true;
            drain();
        }

        @Override
        public void request(long n) {
            if (n > 0 && endsAtRequest()) {
                drain();
                return;
            }
            given().request(n);
        }

        private boolean endsAtRequest() {
            synchronized (requestNumbers) {
                requests++;
                Whim whim = draw(requestNumbers);
                if (whim != Whim.CANCEL && whim != Whim.FAIL) {
                    return false;
                }
                ending = new End(whim == Whim.CANCEL ? null : failure("at request", requests));
                return true;
            }
        }

        @Override
        public void cancel() {
            over = true;
            given().cancel();
            drain();
        }

        private Subscription given() {
            Subscription mine = upstream;
            if (mine == null) {
                throw new IllegalStateException("used before onSubscribe");
            }
            return mine;
        }

        private void drain() {
            if (work.getAndIncrement() != 0) {
                return;
            }
            int seen = 1;
            do {
                boolean more = handleNext();
                while (more) {
                    more = handleNext();
                }
                seen = work.addAndGet(-seen);
            } while (seen != 0);
        }

        /** Handles one signal; false if there is none that can be handled now. */
        private boolean handleNext() {
            if (over) {
                for (T left = queue.poll(); left != null; left = queue.poll()) {
                    discard(left);
                }
                return false;
            }
            End brought = ending;
            if (brought != null) {
                end(brought);
                return true;
            }
            if (resting) {
                return false;
            }
            boolean last = done; // before the look into the queue: what came before is seen then
            if (queue.isEmpty()) {
                if (last) {
                    handle(null);
                }
                return last;
            }
            handle(queue.peek());
            return true;
        }

        /** Handles an element, or the end. */
        private void handle(@Nullable T element) {
            Whim whim = Whim.PASS;
            if (!rested) {
                signals++;
                whim = draw(signalNumbers);
            }
            rested = false;
            boolean passFirst = whim == Whim.PASS || (whim != Whim.DELAY && signalNumbers.nextInt(2) == 1);
            if (whim == Whim.DELAY && rest()) {
                return;
            }
            if (element == null) {
                finish(whim == Whim.FAIL ? failure("instead of the end, signal", signals) : error);
                return;
            }
            if (passFirst || whim == Whim.DELAY) {
                queue.poll();
                actual.onNext(element);
            }
            if (whim == Whim.CANCEL) {
                end(new End(null));
            } else if (whim == Whim.FAIL) {
                end(new End(failure(passFirst ? "after signal" : "before signal", signals)));
            }
        }

        /**
         * Waits for the scheduler; false if that takes no tasks any more. A cancellation does not dispose of the task:
         * that could interrupt a thread which is in the midst of a signal.
         */
        private boolean rest() {
            resting = true;
            long nanos = 1 + signalNumbers.nextLong(chaos.odds().longestNanos());
            try {
                Disposable unused = chaos.scheduler().schedule(this::wake, nanos, TimeUnit.NANOSECONDS);
                return true;
            } catch (Throwable e) {
                // Shut down, without a thread or broken: the signal is not delayed.
                resting = false;
                return false;
            }
        }

        private void wake() {
            rested = true;
            resting = false;
            drain();
        }

        /** Ends what is above, then what is below, unless that has cancelled meanwhile. */
        private void end(End end) {
            given().cancel();
            finish(end.error);
        }

        private void finish(@Nullable Throwable failure) {
            if (over) {
                return;
            }
            over = true;
            if (failure == null) {
                actual.onComplete();
            } else {
                actual.onError(failure);
            }
        }

        private ChaosException failure(String when, long number) {
            return new ChaosException(
                    chaos.seed(),
                    message(
                            "chaos of seed %d: error %s %,d of subscription %,d",
                            chaos.seed(), when, number, subscription));
        }

        private Whim draw(SplittableRandom numbers) {
            double number = numbers.nextDouble();
            Chaos.Odds odds = chaos.odds();
            if (number < odds.cancel()) {
                return Whim.CANCEL;
            }
            if (number < odds.cancel() + odds.error()) {
                return Whim.FAIL;
            }
            return number < odds.cancel() + odds.error() + odds.delay() ? Whim.DELAY : Whim.PASS;
        }

        private void discard(T element) {
            Operators.onDiscard(element, currentContext());
            if (element instanceof PooledBuffer buffer) {
                buffer.release();
            }
        }

        @Override
        @SuppressWarnings("rawtypes")
        public @Nullable Object scanUnsafe(Attr key) {
            if (key == Attr.PARENT) {
                return upstream;
            }
            if (key == Attr.ACTUAL) {
                return actual;
            }
            if (key == Attr.TERMINATED || key == Attr.CANCELLED) {
                return over;
            }
            if (key == Attr.BUFFERED) {
                return queue.size();
            }
            return key == Attr.ERROR ? error : null;
        }
    }
}
