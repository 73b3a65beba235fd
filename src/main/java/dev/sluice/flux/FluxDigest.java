package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;

/** {@code digest} and {@code checksum} that pass the buffers on: what looks at each of them, and then at the end. */
final class FluxDigest extends BufferFlux implements Scannable {

    /** Looks at the buffers of one subscription. */
    interface Inspection {

        /** Sees a buffer, which is passed on then. */
        void add(PooledBuffer buffer);

        /** All buffers were seen; completion is passed on then. */
        void complete();
    }

    private final BufferFlux source;
    private final Supplier<? extends Inspection> inspections;

    /**
     * Makes an operator.
     *
     * @param inspections make one for each subscriber
     */
    FluxDigest(BufferFlux source, Supplier<? extends Inspection> inspections) {
        this.source = source;
        this.inspections = inspections;
    }

    @Override
    public void subscribe(CoreSubscriber<? super PooledBuffer> subscriber) {
        CoreSubscriber<? super PooledBuffer> actual = RelayReleasing.below(subscriber);
        ThreadLocals.restored(source)
                .subscribe(new Inspecting(actual, Objects.requireNonNull(inspections.get(), "inspection")));
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        if (key == Attr.PARENT) {
            return source;
        }
        return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
    }

    private static final class Inspecting extends Relay<PooledBuffer, PooledBuffer> {

        private final Inspection inspection;

        Inspecting(CoreSubscriber<? super PooledBuffer> actual, Inspection inspection) {
            super(actual);
            this.inspection = inspection;
        }

        @Override
        public void onNext(PooledBuffer buffer) {
            if (done) {
                buffer.release();
                return;
            }
            try {
                inspection.add(buffer);
            } catch (Throwable e) {
                buffer.release();
                fail(e, buffer);
                return;
            }
            actual.onNext(buffer);
        }

        @Override
        public void onComplete() {
            if (done) {
                return;
            }
            try {
                inspection.complete();
            } catch (Throwable e) {
                fail(e, inspection);
                return;
            }
            super.onComplete();
        }
    }
}
