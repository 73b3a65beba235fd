package dev.sluice.flux;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.FluxOperator;
import reactor.core.publisher.Operators;

/** {@link BufferFlux#toByteBuffers}: the bytes leave, and a {@link Handover} says when the buffers are released. */
final class FluxToByteBuffers extends FluxOperator<PooledBuffer, ByteBuffer> {

    private final Handover handover;

    FluxToByteBuffers(BufferFlux source, Handover handover) {
        super(source);
        this.handover = Objects.requireNonNull(handover, "handover");
    }

    @Override
    public void subscribe(CoreSubscriber<? super ByteBuffer> actual) {
        source.subscribe(
                handover.isUntilEnd()
                        ? new Keeping(actual, handover.windowBytes())
                        : new Passing(actual, handover.isOnHeap()));
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : super.scanUnsafe(key);
    }

    /** Leaves out buffers without bytes, and makes up for them. */
    private abstract static class Giving extends Relay<PooledBuffer, ByteBuffer> {

        Giving(CoreSubscriber<? super ByteBuffer> actual) {
            super(actual);
        }

        @Override
        public final void onNext(PooledBuffer buffer) {
            if (done) {
                buffer.release();
            } else if (buffer.isEmpty()) {
                buffer.release();
                request(1);
            } else {
                give(buffer);
            }
        }

        abstract void give(PooledBuffer buffer);

        /** Null if that failed, which the subscriber has been told then. */
        final @Nullable ByteBuffer viewed(PooledBuffer buffer) {
            try {
                return buffer.readOnlyBuffer();
            } catch (Throwable e) {
                buffer.release();
                fail(e, buffer);
                return null;
            }
        }

        /** Copies and releases; null if that failed, likewise. */
        final @Nullable ByteBuffer copied(PooledBuffer buffer) {
            ByteBuffer bytes;
            try (buffer) {
                bytes = ByteBuffer.wrap(buffer.toByteArray());
            } catch (Throwable e) {
                fail(e, buffer);
                return null;
            }
            return bytes;
        }
    }

    private static final class Passing extends Giving {

        private final boolean onHeap;

        Passing(CoreSubscriber<? super ByteBuffer> actual, boolean onHeap) {
            super(actual);
            this.onHeap = onHeap;
        }

        @Override
        void give(PooledBuffer buffer) {
            ByteBuffer bytes = onHeap ? copied(buffer) : viewed(buffer);
            if (bytes == null) {
                return;
            }
            try (buffer) {
                actual.onNext(bytes);
            }
        }
    }

    /** {@link Handover#UNTIL_END}. */
    private static final class Keeping extends Giving {

        /*
         * `calls` is how many signals the subscriber is being called with, 0 or 1 but for sources that break the rules,
         * and CANCELLED. All is released by the cancellation if it finds no call, or else by the call when it returns:
         * the subscriber may be reading what it was given, on whichever thread it has cancelled.
         *
         * Cancel against onNext: a call that finds CANCELLED releases its buffer, and is not made. A call that was
         * there before finds CANCELLED when it returns.
         */
        private static final int CANCELLED = 1 << 30;

        /** A buffer that is held; 0 bytes are counted for a part of the buffer before it. */
        private record Held(PooledBuffer buffer, BufferPool pool, int counted) {}

        private final AtomicInteger calls = new AtomicInteger();
        private final Queue<Held> held = new ConcurrentLinkedQueue<>();
        private final long windowBytes;

        /** Both belong to the signals from upstream. */
        private long heldBytes;

        private @Nullable PooledBuffer last;

        Keeping(CoreSubscriber<? super ByteBuffer> actual, long windowBytes) {
            super(actual);
            this.windowBytes = windowBytes;
        }

        @Override
        void give(PooledBuffer buffer) {
            if (calls.incrementAndGet() >= CANCELLED) {
                buffer.release();
                leave();
                return;
            }
            try {
                ByteBuffer bytes = hold(buffer) ? viewed(buffer) : copied(buffer);
                if (bytes != null) {
                    actual.onNext(bytes);
                }
            } finally {
                leave();
            }
        }

        private boolean hold(PooledBuffer buffer) {
            boolean part = last != null && last.sharesMemoryWith(buffer);
            int counted = part ? 0 : buffer.pinnedBytes();
            if (heldBytes + counted > windowBytes || (!part && !HandoverAccount.mayHold(buffer))) {
                return false;
            }
            heldBytes += counted;
            last = buffer;
            held.add(new Held(buffer, buffer.pool(), counted));
            return true;
        }

        private void leave() {
            if (calls.decrementAndGet() == CANCELLED) {
                releaseAll();
            }
        }

        private void releaseAll() {
            for (Held each = held.poll(); each != null; each = held.poll()) {
                each.buffer.release();
                if (each.counted > 0) {
                    HandoverAccount.giveBack(each.pool, each.counted);
                }
            }
        }

        @Override
        public void onError(Throwable error) {
            if (done) {
                Operators.onErrorDropped(error, currentContext());
                return;
            }
            calls.incrementAndGet();
            try {
                super.onError(error);
            } finally {
                end();
            }
        }

        @Override
        public void onComplete() {
            calls.incrementAndGet();
            try {
                super.onComplete();
            } finally {
                end();
            }
        }

        /** No call comes any more that may read what is held. */
        private void end() {
            calls.decrementAndGet();
            cancelHeld();
        }

        @Override
        public void cancel() {
            super.cancel();
            cancelHeld();
        }

        private void cancelHeld() {
            if (calls.getAndUpdate(now -> now | CANCELLED) % CANCELLED == 0) {
                releaseAll();
            }
        }
    }
}
