package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxOperator;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * {@link BufferFlux#consumeMany}: turns each buffer into a {@link Loan}, a sequence that owns the buffer, for Reactor's
 * own {@code flatMap} to merge.
 *
 * <p>{@code flatMap} subscribes to a loan before its {@code onNext} returns, or drops it because it was cancelled or
 * has failed meanwhile. So after that call a loan without a subscriber never gets one, and its buffer is released
 * there; a loan with a subscriber releases its buffer when it ends. No buffer waits in between.
 */
final class FluxConsumeMany<T> extends FluxOperator<PooledBuffer, FluxConsumeMany.Loan<T>> {

    private final Function<? super PooledBuffer, ? extends Publisher<? extends T>> fn;

    private FluxConsumeMany(BufferFlux source, Function<? super PooledBuffer, ? extends Publisher<? extends T>> fn) {
        super(source);
        this.fn = Objects.requireNonNull(fn, "fn");
    }

    static <T> Flux<T> merge(
            BufferFlux source, Function<? super PooledBuffer, ? extends Publisher<? extends T>> fn, int concurrency) {
        return new FluxConsumeMany<T>(source, fn).flatMap(loan -> loan, concurrency);
    }

    @Override
    public void subscribe(CoreSubscriber<? super Loan<T>> actual) {
        ThreadLocals.restored(source).subscribe(new Lender<>(actual, fn));
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : super.scanUnsafe(key);
    }

    private static final class Lender<T> extends Relay<PooledBuffer, Loan<T>> {

        private final Function<? super PooledBuffer, ? extends Publisher<? extends T>> fn;
        private final ReservePlace nest;

        Lender(
                CoreSubscriber<? super Loan<T>> actual,
                Function<? super PooledBuffer, ? extends Publisher<? extends T>> fn) {
            super(actual);
            this.fn = fn;
            this.nest = ReservePlace.ofNest(actual.currentContext());
        }

        @Override
        public Context currentContext() {
            return nest.in(actual.currentContext());
        }

        @Override
        public void onError(Throwable error) {
            nest.leave();
            super.onError(error);
        }

        @Override
        public void onComplete() {
            nest.leave();
            super.onComplete();
        }

        @Override
        public void cancel() {
            super.cancel();
            nest.leave();
        }

        @Override
        public void onNext(PooledBuffer buffer) {
            if (done) {
                buffer.release();
                return;
            }
            Loan<T> loan;
            try {
                loan = new Loan<>(buffer, nest, Objects.requireNonNull(fn.apply(buffer), "the function returned null"));
            } catch (Throwable e) {
                // Not thrown on, even if the JVM is in trouble: flatMap may be asking for this buffer from within its
                // own loop, and would never come to the error.
                buffer.release();
                onError(ForeignCode.failed(e, upstream, buffer, currentContext()));
                return;
            }
            try {
                actual.onNext(loan);
            } finally {
                loan.releaseUnlessTaken();
            }
        }
    }

    /** A sequence with the buffer that it works on. Subscribed to once at most, within the lender's {@code onNext}. */
    static final class Loan<T> extends Flux<T> {

        private final PooledBuffer buffer;
        private final ReservePlace nest;
        private final Flux<? extends T> work;
        private boolean taken;

        Loan(PooledBuffer buffer, ReservePlace nest, Publisher<? extends T> work) {
            this.buffer = buffer;
            this.nest = nest;
            this.work = Flux.from(work);
        }

        @Override
        public void subscribe(CoreSubscriber<? super T> actual) {
            taken = true;
            Borrower<T> borrower = new Borrower<>(actual, buffer, nest);
            try {
                work.subscribe(borrower);
            } catch (Throwable e) {
                borrower.failToBegin(e);
            }
        }

        void releaseUnlessTaken() {
            if (!taken) {
                buffer.release();
            }
        }
    }

    /** Releases the buffer with the first of completion, error and cancellation; the others find it released. */
    private static final class Borrower<T> extends Relay<T, T> {

        private final PooledBuffer buffer;
        private final Context context;

        Borrower(CoreSubscriber<? super T> actual, PooledBuffer buffer, ReservePlace nest) {
            super(actual);
            this.buffer = buffer;
            this.context = nest.within(actual.currentContext(), buffer);
        }

        @Override
        public Context currentContext() {
            return context;
        }

        /** The sequence threw when it was subscribed to, which it must not do. */
        void failToBegin(Throwable thrown) {
            if (upstream == null) {
                buffer.release();
                Operators.error(actual, thrown);
            } else {
                upstream.cancel();
                onError(thrown);
            }
        }

        @Override
        public void onNext(T element) {
            if (done) {
                Operators.onNextDropped(element, context);
                return;
            }
            try {
                ConsumeEscape.check(element, buffer, "consumeMany");
            } catch (Throwable e) {
                fail(e, element);
                return;
            }
            actual.onNext(element);
        }

        @Override
        public void onError(Throwable error) {
            buffer.release();
            super.onError(error);
        }

        @Override
        public void onComplete() {
            buffer.release();
            super.onComplete();
        }

        @Override
        public void cancel() {
            super.cancel();
            buffer.release();
        }
    }
}
