package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Whatever code of a user throws, wherever it is called: that is the one signal, at once, and nothing is in flight. */
class ForeignCodeTest extends FluxTest {

    private static final Pattern NARROW =
            Pattern.compile("catch \\((?![^)]*(Error|Throwable))[^)]*\\b(Runtime)?Exception\\b");

    /** Where only calls of this library, which throw nothing else, are caught. */
    private static final List<String> CALLS_NO_FOREIGN_CODE = List.of("Reserve.java", "Turn.java");

    private record Case(String place, Function<ForeignCodeTest, Publisher<?>> pipeline) {
        @Override
        public String toString() {
            return place;
        }
    }

    private static final List<Case> CASES = List.of(
            new Case("source opened", test -> BufferFlux.read(answered -> test.fail(), test.pool)),
            new Case("stream opened", test -> BufferFlux.read(ByteSources.stream(test::fail), test.pool)),
            new Case("source read", test -> test.reading("read")),
            new Case("source at end", test -> test.reading("isAtEnd")),
            new Case("source asked for its size", test -> test.reading("sizeBytes")),
            new Case("source asked for a pause", test -> test.reading("pauseNanos")),
            new Case("source closed", test -> test.reading("close")),
            new Case(
                    "stream read",
                    test -> BufferFlux.read(
                            ByteSources.stream(() -> new InputStream() {
                                @Override
                                public int read() {
                                    return test.fail();
                                }
                            }),
                            test.pool)),
            new Case("sink opened", test -> test.two().writeTo(answered -> test.fail())),
            new Case("sink written", test -> test.two().writeTo(answered -> test.sink("write"))),
            new Case("sink committed", test -> test.two().writeTo(answered -> test.sink("commit"))),
            new Case(
                    "stream written",
                    test -> test.two().writeTo(ByteSinks.stream(new OutputStream() {
                        @Override
                        public void write(int b) {
                            test.fail();
                        }
                    }))),
            new Case("stage made", test -> test.two().stage("failing", memory -> test.<Stage<PooledBuffer>>fail())),
            new Case(
                    "stage made with a reserve",
                    test -> test.two().stage("failing", memory -> {
                        memory.reserve(100, Stage.Input.SLICED);
                        return test.<Stage<PooledBuffer>>fail();
                    })),
            new Case("stage fed", test -> test.two().stage("failing", memory -> test.stage("accept"))),
            new Case("stage asked", test -> test.two().stage("failing", memory -> test.stage("next"))),
            new Case("stage ended", test -> test.two().stage("failing", memory -> test.stage("end"))),
            new Case("frame measured", test -> test.frames("length")),
            new Case("frame retained", test -> test.frames("retain")),
            new Case("frame copied", test -> test.frames("copy")),
            new Case("consume", test -> test.two().consume(buffer -> test.fail())),
            new Case("consumeMany", test -> test.two().consumeMany(buffer -> test.fail(), 2)),
            new Case("consumeMany subscribes", test -> test.two().consumeMany(test.failingOnSubscribe(), 2)),
            new Case("consumeMany asks for more", test -> test.two().consumeMany(test.failingLater(), 1)),
            new Case(
                    "consumeManyOrdered subscribes",
                    test -> test.two().consumeManyOrdered(test.failingOnSubscribe(), 2)),
            new Case("consumeManyOrdered asks for more", test -> test.two().consumeManyOrdered(test.failingLater(), 1)),
            new Case("deferBuffers", test -> BufferFlux.deferBuffers(test::fail)),
            new Case("withDigest", test -> test.two().withDigest("MD5", bytes -> test.fail())),
            new Case("consumeManyOrdered", test -> test.two().consumeManyOrdered(buffer -> test.fail(), 2)),
            new Case(
                    "consumeParallel",
                    test -> test.two().consumeParallel(buffer -> test.fail(), 2, Schedulers.parallel())),
            new Case("digest", test -> test.two().digest("MD5", sum -> test.fail())),
            new Case("mergeBuffers", test -> BufferFlux.mergeBuffers(() -> test.fail(), 2)));

    private final AtomicReference<Throwable> thrown = new AtomicReference<>();

    @BeforeEach
    void dropErrors() {
        Hooks.onErrorDropped(error -> {});
    }

    @AfterEach
    void keepErrors() {
        Hooks.resetOnErrorDropped();
    }

    static Stream<Arguments> casesAndThrowables() {
        List<Throwable> all = List.of(
                new IOException("a test's"),
                new IllegalStateException("a test's"),
                new AssertionError("a test's"),
                new NoClassDefFoundError("a test's"));
        return CASES.stream().flatMap(each -> all.stream().map(error -> Arguments.of(each, error)));
    }

    @ParameterizedTest
    @MethodSource("casesAndThrowables")
    void isTheOneSignal(Case each, Throwable error) {
        thrown.set(error);
        List<Throwable> signals = new ArrayList<>();
        Flux.from(each.pipeline.apply(this))
                .doOnNext(element -> {
                    if (element instanceof PooledBuffer buffer) {
                        buffer.release();
                    }
                })
                .subscribeOn(Schedulers.boundedElastic())
                .subscribe(element -> {}, failure -> {
                    synchronized (signals) {
                        signals.add(failure);
                    }
                });
        eventually(
                () -> {
                    synchronized (signals) {
                        return !signals.isEmpty();
                    }
                },
                () -> each + " has not ended");
        nothingInFlight();
        assertThat(signals).containsExactly(error);
    }

    /** A new catch of exceptions only, around code that may throw anything, is found here. */
    @Test
    void noCatchIsTooNarrow() throws IOException {
        List<String> narrow = new ArrayList<>();
        try (Stream<Path> files = Files.walk(Path.of("src", "main", "java", "dev", "sluice", "flux"))) {
            for (Path file :
                    files.filter(each -> each.toString().endsWith(".java")).toList()) {
                if (NARROW.matcher(Files.readString(file)).find()) {
                    narrow.add(file.getFileName().toString());
                }
            }
        }
        assertThat(CALLS_NO_FOREIGN_CODE).containsAll(narrow);
    }

    private <T> T fail() {
        throw ForeignCode.sneaky(thrown.get());
    }

    /** Sequences that throw from {@code subscribe}, which they must not do. */
    private Function<PooledBuffer, Publisher<Integer>> failingOnSubscribe() {
        return buffer -> subscriber -> fail();
    }

    /** The function throws within the request that the end of the first sequence causes. */
    private Function<PooledBuffer, Publisher<Long>> failingLater() {
        AtomicBoolean second = new AtomicBoolean();
        return buffer -> second.getAndSet(true) ? fail() : Mono.delay(Duration.ofMillis(1));
    }

    private void failIn(String method, String failing) {
        if (method.equals(failing)) {
            fail();
        }
    }

    private BufferFlux two() {
        return BufferFlux.from(buffers("one", "two"));
    }

    private BufferFlux reading(String failing) {
        return BufferFlux.read(
                answered -> new ByteSource() {
                    private int left = 3;

                    @Override
                    public long sizeBytes() {
                        failIn("sizeBytes", failing);
                        return UNKNOWN;
                    }

                    @Override
                    public long pauseNanos() {
                        failIn("pauseNanos", failing);
                        return 0;
                    }

                    @Override
                    public boolean isAtEnd() {
                        failIn("isAtEnd", failing);
                        return left == 0;
                    }

                    @Override
                    public Read read(ByteBuffer target) {
                        failIn("read", failing);
                        left--;
                        target.put((byte) 1);
                        return Read.ENOUGH;
                    }

                    @Override
                    public void close() {
                        failIn("close", failing);
                    }
                },
                pool);
    }

    private ByteSink sink(String failing) {
        return new ByteSink() {
            @Override
            public boolean write(ByteBuffer bytes) {
                failIn("write", failing);
                bytes.position(bytes.limit());
                return true;
            }

            @Override
            public void commit() {
                failIn("commit", failing);
            }

            @Override
            public void abort() {}
        };
    }

    private Stage<PooledBuffer> stage(String failing) {
        return new Stage<>() {
            @Override
            public void accept(PooledBuffer input) {
                failIn("accept", failing);
                input.release();
            }

            @Override
            public PooledBuffer next() {
                failIn("next", failing);
                return null;
            }

            @Override
            public void end() {
                failIn("end", failing);
            }

            @Override
            public void release() {}
        };
    }

    private BufferFlux frames(String failing) {
        FrameAccess<ByteBuffer> access = new FrameAccess<>() {
            @Override
            public int length(ByteBuffer frame) {
                failIn("length", failing);
                return frame.remaining();
            }

            @Override
            public void copy(ByteBuffer frame, int offset, ByteBuffer target) {
                failIn("copy", failing);
                target.put(frame.slice(offset, target.remaining()));
            }

            @Override
            public PooledBuffer lease(ByteBuffer frame, BufferPool into) {
                return null;
            }

            @Override
            public void retain(ByteBuffer frame) {
                failIn("retain", failing);
            }

            @Override
            public void release(ByteBuffer frame) {}
        };
        Flux<ByteBuffer> frames = Mono.just(ByteBuffer.allocate(10)).repeat(2);
        return BufferFlux.fromFrames("frames", frames, access, pool, Runnable::run);
    }
}
