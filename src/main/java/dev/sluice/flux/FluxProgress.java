package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;

/** {@link BufferFlux#progress}: counts what passes, and reports from elsewhere. */
final class FluxProgress extends BufferFlux implements Scannable {

    private final BufferFlux source;
    private final ProgressSchedule schedule;
    private final Consumer<? super Progress> listener;

    FluxProgress(BufferFlux source, ProgressSchedule schedule, Consumer<? super Progress> listener) {
        this.source = source;
        this.schedule = Objects.requireNonNull(schedule, "schedule");
        this.listener = Objects.requireNonNull(listener, "listener");
    }

    @Override
    public void subscribe(CoreSubscriber<? super PooledBuffer> subscriber) {
        CoreSubscriber<? super PooledBuffer> actual = RelayReleasing.below(subscriber);
        ProgressReports reports = new ProgressReports(schedule, listener, actual);
        source.subscribe(new Counting(actual, reports));
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        if (key == Attr.PARENT) {
            return source;
        }
        return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
    }

    private static final class Counting extends Relay<PooledBuffer, PooledBuffer> {

        private final ProgressReports reports;

        Counting(CoreSubscriber<? super PooledBuffer> actual, ProgressReports reports) {
            super(actual);
            this.reports = reports;
        }

        @Override
        public void request(long n) {
            reports.start();
            super.request(n);
        }

        @Override
        public void onNext(PooledBuffer buffer) {
            if (done) {
                buffer.release();
                return;
            }
            int length;
            try {
                length = buffer.length();
            } catch (Throwable e) {
                fail(e, buffer);
                return;
            }
            reports.add(length);
            try {
                actual.onNext(buffer);
            } catch (Throwable e) {
                reports.end(); // a subscriber that throws gets no further signal
                throw e;
            }
        }

        @Override
        public void onError(Throwable error) {
            reports.end();
            super.onError(error);
        }

        @Override
        public void onComplete() {
            reports.end();
            super.onComplete();
        }

        @Override
        public void cancel() {
            reports.end();
            super.cancel();
        }
    }
}
