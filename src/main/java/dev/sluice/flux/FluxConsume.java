package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.Fuseable.ConditionalSubscriber;
import reactor.core.publisher.FluxOperator;
import reactor.core.publisher.Operators;

/**
 * {@link BufferFlux#consume}: {@code mapNotNull}, and the buffer is released before anything is signalled.
 *
 * <p>Not fused: fusing saves a queue's pass per element, nothing beside what a function does with a buffer, and would
 * let the function run on whichever thread polls.
 */
final class FluxConsume<T> extends FluxOperator<PooledBuffer, T> {

    private final Function<? super PooledBuffer, ? extends @Nullable T> fn;

    FluxConsume(BufferFlux source, Function<? super PooledBuffer, ? extends @Nullable T> fn) {
        super(source);
        this.fn = Objects.requireNonNull(fn, "fn");
    }

    @Override
    public void subscribe(CoreSubscriber<? super T> actual) {
        ThreadLocals.restored(source).subscribe(new Consuming<>(Operators.toConditionalSubscriber(actual), fn));
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : super.scanUnsafe(key);
    }

    private static final class Consuming<T> extends Relay<PooledBuffer, T>
            implements ConditionalSubscriber<PooledBuffer> {

        private final ConditionalSubscriber<? super T> conditional;
        private final Function<? super PooledBuffer, ? extends @Nullable T> fn;

        Consuming(ConditionalSubscriber<? super T> actual, Function<? super PooledBuffer, ? extends @Nullable T> fn) {
            super(actual);
            this.conditional = actual;
            this.fn = fn;
        }

        @Override
        public void onNext(PooledBuffer buffer) {
            if (!tryOnNext(buffer)) {
                request(1);
            }
        }

        @Override
        public boolean tryOnNext(PooledBuffer buffer) {
            if (done) {
                buffer.release();
                return true;
            }
            T result;
            try {
                result = fn.apply(buffer);
                ConsumeEscape.check(result, buffer, "consume");
            } catch (Throwable e) {
                buffer.release();
                fail(e, buffer);
                return true;
            }
            buffer.release();
            return result != null && conditional.tryOnNext(result);
        }
    }
}
