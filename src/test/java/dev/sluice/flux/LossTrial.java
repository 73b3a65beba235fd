package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.reactivestreams.Publisher;

/**
 * A way through a pipeline, always the same: single-threaded, with the interleaving that matters made by hand.
 *
 * @param name what happens
 * @param run does it
 */
record LossTrial(String name, Consumer<LossProbe> run) {

    /** What is done with the source of a probe. */
    interface Pipeline {
        Publisher<?> over(BufferFlux flux, LossProbe probe);
    }

    /** All that may happen to a pipeline whose functions do not throw. */
    static List<LossTrial> of(Pipeline pipeline) {
        return Stream.of(
                        Stream.of(
                                new LossTrial("normal end", probe -> toTheEnd(probe, pipeline, probe.read())),
                                new LossTrial(
                                        "an error of the source", probe -> toTheEnd(probe, pipeline, probe.failing())),
                                new LossTrial(
                                        "cancelled while a buffer comes",
                                        probe -> cancelAgainstOnNext(probe, pipeline, 2)),
                                new LossTrial(
                                        "cancelled while a buffer comes",
                                        probe -> cancelAgainstOnNext(probe, pipeline, 1)),
                                new LossTrial(
                                        "a time is over while a buffer comes",
                                        probe -> timeAgainstOnNext(probe, pipeline))),
                        IntStream.range(1, LossProbe.CHUNKS)
                                .mapToObj(n -> new LossTrial(
                                        "cancelled in onNext", probe -> cancelInOnNext(probe, pipeline, n))),
                        IntStream.range(1, LossProbe.CHUNKS)
                                .mapToObj(n -> new LossTrial(
                                        "cancelled with buffers waiting", probe -> cancelBetween(probe, pipeline, n))),
                        IntStream.range(0, LossProbe.CHUNKS)
                                .mapToObj(n -> new LossTrial(
                                        "cancelled before a task has run",
                                        probe -> cancelAmongTasks(probe, pipeline, n))),
                        IntStream.range(0, LossProbe.CHUNKS)
                                .mapToObj(n -> new LossTrial(
                                        "cancelled before a time is over", probe -> cancelInTime(probe, pipeline, n))))
                .flatMap(trials -> trials)
                .toList();
    }

    /** For a probe whose functions throw. */
    static LossTrial throwing(Pipeline pipeline) {
        return new LossTrial("a function that throws", probe -> toTheEnd(probe, pipeline, probe.read()));
    }

    private static void toTheEnd(LossProbe probe, Pipeline pipeline, BufferFlux source) {
        probe.subscribe(pipeline.over(source, probe));
        probe.last.requestUnbounded();
    }

    private static void cancelInOnNext(LossProbe probe, Pipeline pipeline, int after) {
        probe.last.cancelAfter = after;
        toTheEnd(probe, pipeline, probe.read());
        probe.settle();
        probe.last.cancel();
    }

    private static void cancelBetween(LossProbe probe, Pipeline pipeline, int after) {
        probe.subscribe(pipeline.over(probe.read(), probe));
        probe.last.request(after);
        probe.settle();
        probe.last.cancel();
    }

    private static void cancelAmongTasks(LossProbe probe, Pipeline pipeline, int after) {
        toTheEnd(probe, pipeline, probe.read());
        for (int i = 0; i < after; i++) {
            probe.tasks.runOne();
        }
        probe.last.cancel();
    }

    private static void cancelInTime(LossProbe probe, Pipeline pipeline, int halfSeconds) {
        toTheEnd(probe, pipeline, probe.read());
        probe.clock.advanceTimeBy(Duration.ofMillis(500L * halfSeconds));
        probe.last.cancel();
    }

    /** A source may call onNext once more while another thread cancels; here it does so just afterwards. */
    private static void cancelAgainstOnNext(LossProbe probe, Pipeline pipeline, int demand) {
        probe.subscribe(pipeline.over(BufferFlux.from(probe.rude), probe));
        probe.last.request(demand);
        probe.tasks.runAll();
        probe.clock.advanceTimeBy(Duration.ofMillis(1500));
        if (probe.rude.subscriber != null && !probe.rude.cancelled && probe.rude.requested.get() > 1) {
            probe.emit();
            boolean goesOn = !probe.rude.cancelled;
            probe.last.cancel();
            if (goesOn) {
                emitLate(probe);
            }
        } else {
            probe.last.cancel();
        }
    }

    /** The same, where the operator itself cancels because of a timer. */
    private static void timeAgainstOnNext(LossProbe probe, Pipeline pipeline) {
        probe.subscribe(pipeline.over(BufferFlux.from(probe.rude), probe));
        probe.last.request(2);
        probe.tasks.runAll();
        if (probe.rude.subscriber != null && probe.rude.requested.get() > 1) {
            probe.emit();
            boolean goesOn = !probe.rude.cancelled;
            probe.clock.advanceTimeBy(Duration.ofSeconds(3));
            if (goesOn) {
                probe.emit();
            }
        }
        probe.last.cancel();
    }

    /** A worker that is gone refuses, and the operator lets its source know by throwing. */
    private static void emitLate(LossProbe probe) {
        try {
            probe.emit();
        } catch (RejectedExecutionException e) {
            assertThat(probe.last.isDisposed()).isTrue();
        }
    }

    /** Runs it on a probe of its own, which nothing holds afterwards; returns what is left. */
    LossProbe.Account runOn(LossProbe probe) {
        run.accept(probe);
        probe.settle();
        probe.clock.dispose();
        return probe.account;
    }
}
