package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Fuseable;
import reactor.core.Fuseable.ConditionalSubscriber;
import reactor.core.Fuseable.QueueSubscription;

/** Holds every buffer that it gets, and notices if its content changes or somebody else releases it. */
class RacedSubscriber implements CoreSubscriber<Object> {

    /** How Reactor's own operators subscribe. */
    enum Kind {
        PLAIN {
            @Override
            RacedSubscriber of(Raced.Round round) {
                return new RacedSubscriber(round);
            }
        },
        CONDITIONAL {
            @Override
            RacedSubscriber of(Raced.Round round) {
                return new Conditional(round);
            }
        },
        FUSING {
            @Override
            RacedSubscriber of(Raced.Round round) {
                return new Fusing(round);
            }
        };

        abstract RacedSubscriber of(Raced.Round round);
    }

    private record Held(PooledBuffer buffer, byte[] content) {}

    final AtomicInteger received = new AtomicInteger();
    final AtomicInteger ends = new AtomicInteger();
    final Raced.Round round;
    volatile Subscription subscription;
    private final Queue<Held> held = new ConcurrentLinkedQueue<>();

    /** The round has ended: an onNext that began before the cancellation, and comes now, is nobody's interest. */
    private volatile boolean over;

    private RacedSubscriber(Raced.Round round) {
        this.round = round;
    }

    @Override
    public void onSubscribe(Subscription given) {
        subscription = given;
    }

    @Override
    public void onNext(Object result) {
        received.incrementAndGet();
        if (result instanceof PooledBuffer buffer) {
            byte[] content = buffer.toByteArray();
            for (byte b : content) {
                if (b != round.stamp) {
                    round.wrong.incrementAndGet();
                }
            }
            held.add(new Held(buffer, content));
            if (over) {
                releaseHeld();
            }
        }
    }

    @Override
    public void onError(Throwable error) {
        ends.incrementAndGet();
    }

    @Override
    public void onComplete() {
        ends.incrementAndGet();
    }

    void request(long n) {
        subscription.request(n);
    }

    void cancel() {
        subscription.cancel();
    }

    /** From now on, what comes is released at once. */
    void holdNothing() {
        over = true;
        releaseHeld();
    }

    /** Verifies what is held once more, and releases it. */
    private void releaseHeld() {
        for (Held next = held.poll(); next != null; next = held.poll()) {
            if (next.buffer.isReleased() || !Arrays.equals(next.buffer.toByteArray(), next.content)) {
                round.wrong.incrementAndGet();
            }
            next.buffer.release();
        }
    }

    void end() {
        cancel();
        holdNothing();
    }

    private static final class Conditional extends RacedSubscriber implements ConditionalSubscriber<Object> {

        Conditional(Raced.Round round) {
            super(round);
        }

        /** Every other result counts as none, so that one more is due. */
        @Override
        public boolean tryOnNext(Object result) {
            onNext(result);
            return received.get() % 2 == 0;
        }
    }

    private static final class Fusing extends RacedSubscriber {

        private int mode;

        Fusing(Raced.Round round) {
            super(round);
        }

        @Override
        public void onSubscribe(Subscription given) {
            super.onSubscribe(given);
            if (given instanceof QueueSubscription<?> queue) {
                mode = queue.requestFusion(Fuseable.ANY);
            }
        }

        @Override
        public void onNext(Object result) {
            if (mode == Fuseable.ASYNC) {
                poll(Long.MAX_VALUE);
            } else {
                super.onNext(result);
            }
        }

        @Override
        void request(long n) {
            if (mode == Fuseable.SYNC) {
                poll(n);
            } else {
                super.request(n);
            }
        }

        private void poll(long most) {
            QueueSubscription<?> queue = (QueueSubscription<?>) subscription;
            for (long polled = 0; polled < most; polled++) {
                Object next = queue.poll();
                if (next == null) {
                    return;
                }
                super.onNext(next);
            }
        }
    }
}
