package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Subscription;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.SignalType;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;
import reactor.test.util.RaceTestUtils;

/** Reports come when it is time, harm nobody, and end with the sequence. */
class ProgressTest extends FluxTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final Clock clock = new Clock();
    private final RudeSource source = new RudeSource();
    private final AnySubscriber subscriber = new AnySubscriber();
    private final List<Progress> reports = new CopyOnWriteArrayList<>();

    @Test
    void reportsWhereFilesAreReadUnlessItIsToldOtherwise() {
        List<String> threads = new CopyOnWriteArrayList<>();
        buffers("a")
                .as(BufferFlux::from)
                .progress(
                        Progress.every(SECOND),
                        report -> threads.add(Thread.currentThread().getName()))
                .consume(buffer -> 1)
                .blockLast(LIMIT);
        eventually(() -> !threads.isEmpty());
        assertThat(threads).allMatch(name -> name.startsWith(FileThreads.NAME));
        assertThat(ByteSources.scheduler()).isSameAs(FileThreads.scheduler());
    }

    @AfterEach
    void noTimerIsLeft() {
        assertThat(clock.timers).hasValue(0);
        clock.dispose();
        Hooks.resetOnErrorDropped();
    }

    /** Virtual time, in which the timers are counted that have not come and were not disposed of. */
    private static final class Clock implements Scheduler {

        private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
        final AtomicInteger timers = new AtomicInteger();

        @Override
        public Disposable schedule(Runnable task) {
            return time.schedule(task);
        }

        @Override
        public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
            timers.incrementAndGet();
            Disposable timer = Disposables.composite(timers::decrementAndGet);
            Disposable scheduled = time.schedule(
                    () -> {
                        timer.dispose();
                        task.run();
                    },
                    delay,
                    unit);
            return Disposables.composite(timer, scheduled);
        }

        @Override
        public Worker createWorker() {
            return time.createWorker();
        }

        @Override
        public long now(TimeUnit unit) {
            return time.now(unit);
        }

        @Override
        public void dispose() {
            time.dispose();
        }

        void advanceTimeBy(Duration duration) {
            time.advanceTimeBy(duration);
        }
    }

    private void subscribe(BufferFlux flux) {
        flux.cast(Object.class).subscribe(subscriber);
    }

    private void ended() {
        clock.advanceTimeBy(Duration.ZERO);
    }

    private void emit(int bytes) {
        source.subscriber.onNext(Cuts.buffer(pool, new byte[bytes]));
    }

    private static Progress report(long bytes, int seconds, boolean done) {
        return new Progress(bytes, OptionalLong.empty(), Duration.ofSeconds(seconds), done);
    }

    @Test
    void oneReportEachTimeAndOneAtTheEnd() {
        subscribe(BufferFlux.from(source).progress(Progress.every(SECOND).on(clock), reports::add));
        clock.advanceTimeBy(Duration.ofSeconds(10));
        assertThat(reports).as("before the first request").isEmpty();
        subscriber.request(100);
        emit(10);
        emit(5);
        assertThat(reports).isEmpty();
        clock.advanceTimeBy(SECOND);
        assertThat(reports).containsExactly(report(15, 1, false));
        clock.advanceTimeBy(Duration.ofSeconds(2));
        emit(1);
        clock.advanceTimeBy(Duration.ofMillis(999));
        source.subscriber.onComplete();
        ended();
        assertThat(reports)
                .containsExactly(
                        report(15, 1, false),
                        report(15, 2, false),
                        report(15, 3, false),
                        new Progress(16, OptionalLong.empty(), Duration.ofMillis(3999), true));
        assertThat(subscriber.ends).hasValue(1);
    }

    @ParameterizedTest
    @EnumSource(names = {"ON_COMPLETE", "ON_ERROR", "CANCEL"})
    void theLastReportAlwaysComes(SignalType end) {
        subscribe(BufferFlux.from(source)
                .progress(Progress.every(SECOND).ofBytes(100).on(clock), reports::add));
        subscriber.request(100);
        emit(10);
        switch (end) {
            case ON_COMPLETE -> source.subscriber.onComplete();
            case ON_ERROR -> source.subscriber.onError(new IOException("gone"));
            default -> subscriber.cancel();
        }
        ended();
        assertThat(reports).containsExactly(new Progress(10, OptionalLong.of(100), Duration.ZERO, true));
        subscriber.cancel();
        source.subscriber.onComplete();
        ended();
        assertThat(reports).hasSize(1);
        assertThat(source.cancelled).isEqualTo(end == SignalType.CANCEL);
    }

    @Test
    void theLastReportComesWithoutARequest() {
        subscribe(BufferFlux.from(source).progress(Progress.every(SECOND).on(clock), reports::add));
        source.subscriber.onComplete();
        ended();
        assertThat(reports).containsExactly(report(0, 0, true));
    }

    @Test
    void aListenerThatThrowsHarmsNobody() {
        List<Throwable> dropped = new CopyOnWriteArrayList<>();
        Hooks.onErrorDropped(dropped::add);
        subscribe(BufferFlux.from(source).progress(Progress.every(SECOND).on(clock), progress -> {
            reports.add(progress);
            throw new IllegalStateException("listener");
        }));
        subscriber.requestUnbounded();
        clock.advanceTimeBy(SECOND);
        emit(1);
        clock.advanceTimeBy(SECOND);
        source.subscriber.onComplete();
        ended();
        assertThat(reports).containsExactly(report(0, 1, false), report(1, 2, false), report(1, 2, true));
        assertThat(dropped).hasSize(3);
        assertThat(subscriber.received).hasValue(1);
        assertThat(subscriber.error).isNull();
    }

    /** The stream goes on and ends while the listener still has its first report; then comes the last one. */
    @Test
    void aSlowListenerIsNotWaitedForNorInterrupted() throws InterruptedException {
        CountDownLatch first = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicInteger interrupted = new AtomicInteger();
        subscribe(BufferFlux.from(source).progress(Progress.every(Duration.ofMillis(1)), progress -> {
            reports.add(progress);
            first.countDown();
            try {
                goOn.await();
            } catch (InterruptedException e) {
                interrupted.incrementAndGet();
            }
        }));
        subscriber.requestUnbounded();
        first.await();
        emit(3);
        source.subscriber.onComplete();
        assertThat(subscriber.ends).hasValue(1);
        assertThat(reports).hasSize(1);
        goOn.countDown();
        eventually(() -> reports.size() == 2, () -> reports);
        assertThat(reports.get(0).done()).isFalse();
        assertThat(reports.get(1).done()).isTrue();
        assertThat(reports.get(1).bytes()).isEqualTo(3);
        assertThat(interrupted).hasValue(0);
    }

    /** However the end and the reports meet: they do not overlap, the last one is one, and the last. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 5})
    void theEndAgainstReports(int reportsBefore) {
        for (int round = 0; round < 500; round++) {
            RudeSource rude = new RudeSource();
            List<Progress> told = new CopyOnWriteArrayList<>();
            AtomicInteger telling = new AtomicInteger();
            AtomicInteger overlaps = new AtomicInteger();
            AnySubscriber last = new AnySubscriber();
            BufferFlux.from(rude)
                    .progress(Progress.every(Duration.ofNanos(1)).on(Schedulers.parallel()), progress -> {
                        overlaps.addAndGet(telling.getAndIncrement());
                        told.add(progress);
                        telling.decrementAndGet();
                    })
                    .cast(Object.class)
                    .subscribe(last);
            Runnable end = round % 2 == 0 ? last::cancel : rude.subscriber::onComplete;
            if (reportsBefore == 0) {
                RaceTestUtils.race(last::requestUnbounded, last::cancel, rude.subscriber::onComplete);
            } else {
                last.requestUnbounded();
                eventually(() -> told.size() >= reportsBefore);
                end.run();
            }
            eventually(() -> told.stream().anyMatch(Progress::done), () -> told);
            assertThat(told.get(told.size() - 1).done()).isTrue();
            assertThat(told.stream().filter(Progress::done)).hasSize(1);
            assertThat(overlaps).hasValue(0);
        }
    }

    @Test
    void aSchedulerThatIsShutDownLeavesTheLastReport() {
        Scheduler gone = Schedulers.newSingle("gone");
        gone.dispose();
        subscribe(BufferFlux.from(source).progress(Progress.every(SECOND).on(gone), reports::add));
        subscriber.request(1);
        emit(2);
        source.subscriber.onComplete();
        assertThat(reports).hasSize(1);
        assertThat(reports.get(0).bytes()).isEqualTo(2);
        assertThat(reports.get(0).done()).isTrue();
    }

    @Test
    void aSubscriberThatThrowsEndsTheReports() {
        BufferFlux.from(source)
                .progress(Progress.every(SECOND).on(clock), reports::add)
                .subscribe(new HoldingSubscriber() {
                    @Override
                    protected void hookOnSubscribe(Subscription subscription) {
                        requestUnbounded();
                    }

                    @Override
                    protected void hookOnNext(PooledBuffer buffer) {
                        buffer.release();
                        throw new LinkageError("fatal");
                    }
                });
        assertThatExceptionOfType(LinkageError.class).isThrownBy(() -> emit(1));
        ended();
        assertThat(reports).containsExactly(report(1, 0, true));
    }

    @Test
    void buffersPassAsTheyAreAndDemandAsItIs() {
        HoldingSubscriber holding = new HoldingSubscriber();
        BufferFlux.from(source)
                .progress(Progress.every(SECOND).on(clock), reports::add)
                .subscribe(holding);
        holding.request(3);
        assertThat(source.requested).hasValue(3);
        PooledBuffer same = buffer("abc");
        source.subscriber.onNext(same);
        assertThat(holding.held).containsExactly(same);
        holding.releaseAll();
        PooledBuffer released = buffer("x");
        released.release();
        source.subscriber.onNext(released);
        assertThat(holding.error).isNotNull();
        source.subscriber.onNext(buffer("late"));
        ended();
        assertThat(reports).containsExactly(report(3, 0, true));
    }

    @Test
    void countsMoreThan32Bits() {
        PooledBuffer large = Cuts.buffer(pool, new byte[16 << 20]);
        BufferFlux.from(Flux.range(0, 300).map(i -> large.retain()))
                .progress(Progress.every(SECOND).on(clock), reports::add)
                .doOnNext(PooledBuffer::release)
                .blockLast(LIMIT);
        large.release();
        ended();
        assertThat(reports).containsExactly(report(300L << 24, 0, true));
    }

    @Test
    void badArgumentsAreRefusedAtAssembly() {
        BufferFlux flux = BufferFlux.from(buffers());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> flux.progress(Progress.every(Duration.ZERO), reports::add))
                .withMessage("the time between reports must be above zero, not PT0S");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> flux.progress(Progress.every(SECOND).ofBytes(-1), reports::add))
                .withMessage("the total must be at least 0, not -1");
        assertThatNullPointerException().isThrownBy(() -> flux.progress(Progress.every(SECOND), null));
        assertThatNullPointerException()
                .isThrownBy(() -> flux.progress(Progress.every(SECOND).on(null), reports::add));
    }

    @Test
    void whatAReportSays() {
        Progress half = new Progress(500, OptionalLong.of(1000), Duration.ofSeconds(2), false);
        assertThat(half.bytesPerSecond()).isEqualTo(250);
        assertThat(half.fraction()).hasValue(0.5);
        assertThat(half.remaining()).contains(Duration.ofSeconds(2));
        Progress unknown = report(500, 2, false);
        assertThat(unknown.fraction()).isEqualTo(OptionalDouble.empty());
        assertThat(unknown.remaining()).isEmpty();
        Progress nothing = new Progress(0, OptionalLong.of(10), Duration.ZERO, false);
        assertThat(nothing.bytesPerSecond()).isZero();
        assertThat(nothing.fraction()).hasValue(0);
        assertThat(nothing.remaining()).isEmpty();
        Progress more = new Progress(11, OptionalLong.of(10), SECOND, true);
        assertThat(more.fraction()).hasValue(1);
        assertThat(more.remaining()).contains(Duration.ZERO);
        Progress empty = new Progress(0, OptionalLong.of(0), Duration.ZERO, true);
        assertThat(empty.fraction()).hasValue(1);
        assertThat(empty.remaining()).contains(Duration.ZERO);
        Progress huge = new Progress(1, OptionalLong.of(Long.MAX_VALUE), Duration.ofDays(365_000), false);
        assertThat(huge.remaining().orElseThrow()).isPositive();
        assertThat(new Progress(Long.MAX_VALUE, OptionalLong.empty(), SECOND, true).bytesPerSecond())
                .isEqualTo(9.223372036854775807e18);
    }
}
