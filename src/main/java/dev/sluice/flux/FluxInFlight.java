package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.lang.ref.WeakReference;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Schedulers;

/** {@link BufferFlux#inFlight}: lends each buffer, and asks for the next one when a lent one is back. */
final class FluxInFlight extends BufferFlux implements Scannable {

    private final BufferFlux source;
    private final int maxInFlight;
    private final boolean opens;

    /**
     * Makes the operator.
     *
     * @param opens whether a subscriber that requests without bound is taken for one that collects, and gets everything
     */
    FluxInFlight(BufferFlux source, int maxInFlight, boolean opens) {
        Arguments.atLeast(1, maxInFlight, "the number of buffers in flight");
        this.source = source;
        this.maxInFlight = maxInFlight;
        this.opens = opens;
    }

    @Override
    public void subscribe(CoreSubscriber<? super PooledBuffer> subscriber) {
        CoreSubscriber<? super PooledBuffer> actual = RelayReleasing.below(subscriber);
        source.subscribe(new Window(actual, maxInFlight, opens));
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        if (key == Attr.PARENT) {
            return source;
        }
        return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
    }

    /**
     * How many more buffers may be out. What was asked of upstream counts as out.
     *
     * <p>A lent buffer that is watched refers to this object from a static list. So this object refers to the window
     * only weakly: the window reaches its subscriber, and a subscriber that keeps the buffers would never become
     * garbage with them.
     */
    private static final class Room {

        final AtomicInteger free;
        private final WeakReference<Window> window;

        Room(int maxInFlight, Window window) {
            this.free = new AtomicInteger(maxInFlight);
            this.window = new WeakReference<>(window);
        }

        void buffersBack() {
            free.incrementAndGet();
            Window asks = window.get();
            if (asks != null) {
                asks.askElsewhere();
            }
        }
    }

    /**
     * Upstream is asked for as many buffers as are requested here, and as there is room for. Release against request:
     * the release writes the room, then reads what is requested; the request writes and reads in the reverse order. So
     * at least one of the two asks.
     */
    private static final class Window extends Relay<PooledBuffer, PooledBuffer> {

        /** From here on, demand counts as unbounded: an operator between may have taken some off. */
        private static final long UNBOUNDED = Long.MAX_VALUE / 2;

        private final Room room;
        private final boolean opens;

        /** Requested here, and not asked of upstream yet. */
        private final AtomicLong requested = new AtomicLong();

        /** Raised from 0 by the thread that asks upstream; the other threads leave it to that one. */
        private final AtomicInteger asking = new AtomicInteger();

        /** Set before upstream is asked for everything. */
        private volatile boolean open;

        Window(CoreSubscriber<? super PooledBuffer> actual, int maxInFlight, boolean opens) {
            super(actual);
            this.room = new Room(maxInFlight, this);
            this.opens = opens;
        }

        @Override
        public void request(long n) {
            if (n < 1) {
                upstream.request(n); // which answers with the error
                return;
            }
            requested.accumulateAndGet(n, Operators::addCap);
            ask();
        }

        private void ask() {
            if (asking.getAndIncrement() != 0) {
                return;
            }
            int missed = 1;
            do {
                askOnce();
                missed = asking.addAndGet(-missed);
            } while (missed != 0);
        }

        private void askOnce() {
            long wanted = requested.get();
            if (open || (opens && wanted >= UNBOUNDED)) {
                if (!open) {
                    open = true;
                    upstream.request(Long.MAX_VALUE);
                }
                return;
            }
            int now = (int) Math.min(room.free.get(), wanted);
            if (now > 0) {
                room.free.addAndGet(-now);
                if (wanted != Long.MAX_VALUE) {
                    requested.addAndGet(-now);
                }
                upstream.request(now);
            }
        }

        @Override
        public void onNext(PooledBuffer buffer) {
            if (done) {
                buffer.release();
                return;
            }
            if (open) {
                actual.onNext(buffer);
                return;
            }
            PooledBuffer lent;
            try {
                lent = lent(buffer, room);
            } catch (Throwable e) {
                buffer.release();
                fail(e, buffer);
                return;
            }
            actual.onNext(lent);
        }

        /** Static, so that the function cannot refer to the window. */
        private static PooledBuffer lent(PooledBuffer buffer, Room room) {
            return buffer.lend(() -> {
                buffer.release();
                room.buffersBack();
            });
        }

        /** The thread that released the buffer may be in the midst of anything, such as a server's own code. */
        void askElsewhere() {
            if (requested.get() == 0) {
                return;
            }
            if (Handoff.to(Schedulers.parallel(), actual, this::ask) != null) {
                ask(); // the window must not stop because a scheduler did
            }
        }

        @Override
        @SuppressWarnings("rawtypes")
        public @Nullable Object scanUnsafe(Attr key) {
            if (key == Attr.REQUESTED_FROM_DOWNSTREAM) {
                return requested.get();
            }
            return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : super.scanUnsafe(key);
        }
    }
}
