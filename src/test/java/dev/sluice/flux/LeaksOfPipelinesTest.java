package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.LeakDetection;
import dev.sluice.LeakReport;
import dev.sluice.PoolDump;
import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;
import reactor.test.subscriber.TestSubscriber;

/** Each way to lose a buffer that Reactor and its users have: the report names the source and what the buffer went through. */
class LeaksOfPipelinesTest extends FluxTest {

    private static final int BYTES = 100;

    private final List<LeakReport> reports = new CopyOnWriteArrayList<>();
    private final BufferPool watching = BufferPool.builder()
            .name("watching")
            .maxBytes(1 << 20)
            .leakDetection(LeakDetection.SAMPLED)
            .onLeak(reports::add)
            .build();

    private Path file;

    /** What a test forgets. */
    private PooledBuffer field;

    @BeforeEach
    void write() throws IOException {
        file = file(BYTES);
    }

    @AfterEach
    void everythingCameBack() {
        assertThat(watching.stats().buffersInUse()).isZero();
        watching.close();
        assertThat(watching.budget().used()).isZero();
    }

    private Flux<PooledBuffer> read() {
        return BufferFlux.read(ByteSources.file(file).chunkSize(BYTES).on(Schedulers.immediate()), watching);
    }

    private String source() {
        return "BufferFlux.read(" + file + ")";
    }

    /** Subscribes and forgets, so that nothing but the pipeline may hold a buffer. */
    private static void run(Flux<?> pipeline) {
        pipeline.onErrorComplete().blockLast(LIMIT);
    }

    private LeakReport report() {
        eventually(
                () -> {
                    System.gc();
                    return !reports.isEmpty() && watching.stats().buffersInUse() == 0;
                },
                watching::dump);
        assertThat(reports).hasSize(1);
        assertThat(reports.get(0).length()).isEqualTo(BYTES);
        return reports.get(0);
    }

    @Test
    void droppedByAThrowingMap() {
        run(read().<Integer>map(buffer -> {
            throw new IllegalStateException("a mistake");
        }));
        LeakReport report = report();
        assertThat(report.holder()).isEqualTo(source() + ", through map > onErrorReturn > blockingLast");
        assertThat(report.place()).isEqualTo(report.holder());
        assertThat(report.takenAt()).isEmpty();
    }

    @Test
    void droppedByAThrowingMapBelowACheckpoint() {
        run(read().checkpoint("upload body").<Integer>map(buffer -> {
            throw new IllegalStateException("a mistake");
        }));
        assertThat(report().holder())
                .startsWith(source() + ", checkpoint(\"upload body\"), through ")
                .contains("map");
    }

    @Test
    void droppedByAThrowingMapInDebugMode() {
        Hooks.onOperatorDebug();
        try {
            run(read().<Integer>map(buffer -> {
                throw new IllegalStateException("a mistake");
            }));
        } finally {
            Hooks.resetOnOperatorDebug();
        }
        assertThat(report().holder())
                .as("where it was assembled")
                .contains("LeaksOfPipelinesTest.java:")
                .contains(", through ");
    }

    /** The time is over while the buffer is on its way: {@code timeout} drops it without a word. */
    @Test
    void droppedInTimeout() {
        VirtualTimeScheduler clock = VirtualTimeScheduler.create();
        run(read().doOnNext(buffer -> clock.advanceTimeBy(Duration.ofSeconds(2)))
                .timeout(Duration.ofSeconds(1), clock));
        clock.dispose();
        assertThat(report().holder()).startsWith(source() + ", through peek > timeout > ");
    }

    @Test
    void forgottenInAField() {
        read().subscribe(buffer -> field = buffer.touch("kept for later"));
        assertThat(field.isReleased()).isFalse();
        field = null;
        LeakReport report = report();
        assertThat(report.holder()).isEqualTo(source() + ", through lambda");
        assertThat(report.lastTouch()).isEqualTo("kept for later");
    }

    @Test
    void aSliceThatIsForgottenWhileTheBufferIsReleased() {
        lose(buffer -> buffer.slice(0, BYTES).touch("the header"));
        LeakReport report = report();
        assertThat(report.holder()).startsWith(source());
        assertThat(report.lastTouch()).isEqualTo("the header");
        assertThat(report.capacity()).isEqualTo(watching.capacityFor(BYTES));
    }

    @Test
    void aTwinThatIsForgottenWhileTheBufferIsReleased() {
        lose(PooledBuffer::retain);
        assertThat(report().holder()).startsWith(source());
    }

    private void lose(Function<PooledBuffer, PooledBuffer> share) {
        read().subscribe(buffer -> {
            field = share.apply(buffer);
            buffer.release();
        });
        assertThat(field.isReleased()).isFalse();
        field = null;
    }

    @Test
    void aBufferThatAStageMadeNamesTheStageAndWhatIsBelow() {
        run(BufferFlux.from(read())
                .rechunk(BYTES)
                .join(BYTES)
                .map(buffer -> {
                    throw new IllegalStateException("a mistake");
                })
                .flux());
        assertThat(report().holder()).contains(", through ").contains(" > blockingLast");
    }

    @Test
    void theOperatorsOfOursAreNamedAsTheyWereCalled() {
        run(BufferFlux.from(read()).takeBytes(BYTES).skipBytes(0).<Integer>map(buffer -> {
            throw new IllegalStateException("a mistake");
        }));
        assertThat(report().holder()).contains(", through takeBytes > skipBytes > map > ");
    }

    @Test
    void aSubscriberOfTheUsersIsNamedByItsClass() {
        read().subscribe(TestSubscriber.create());
        assertThat(report().holder()).isEqualTo(source() + ", through DefaultTestSubscriber");
    }

    /** A chain that is longer than anyone reads is cut, and its text is made when somebody asks. */
    @Test
    void aLongPipelineIsCut() {
        Flux<PooledBuffer> flux = read();
        for (int i = 0; i < 200; i++) {
            flux = flux.hide();
        }
        run(flux.<Integer>map(buffer -> {
            throw new IllegalStateException("a mistake");
        }));
        assertThat(report().holder()).contains("hide > hide").hasSizeLessThan(1_000);
    }

    /** A stuck pipeline is found in the dump, before anything is garbage. */
    @Test
    void theDumpNamesThePipeline() {
        Sinks.Empty<Void> never = Sinks.empty();
        reactor.core.Disposable stuck =
                BufferFlux.from(read()).consumeMany(buffer -> never.asMono(), 1).subscribe();
        PoolDump dump = watching.dump();
        assertThat(dump.oldest())
                .singleElement()
                .satisfies(
                        lease -> assertThat(lease.holder()).startsWith(source()).contains(", through "));
        stuck.dispose();
        eventually(() -> watching.stats().buffersInUse() == 0, watching::dump);
    }

    @Test
    void aPipelineThatWaitsIsInTheDumpToo() {
        PooledBuffer all = watching.acquire(1 << 20, "somebody else");
        Mono<PooledBuffer> waiting = BufferMono.acquire(watching, BYTES);
        reactor.core.Disposable waits = waiting.map(buffer -> buffer).subscribe();
        assertThat(watching.dump().waiting())
                .singleElement()
                .satisfies(request -> assertThat(request.holder())
                        .startsWith("BufferMono.acquire")
                        .contains("map"));
        waits.dispose();
        all.release();
    }
}
