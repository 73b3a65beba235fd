package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import io.micrometer.context.ContextRegistry;
import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.Context;

/**
 * With automatic context propagation, each function sees the thread local of its own subscriber, B: with memory at hand,
 * and when the request of A releases the memory that B waits for.
 */
class ThreadLocalsTest extends FluxTest {

    private static final ThreadLocal<String> TRACE = new ThreadLocal<>();
    private static final String KEY = "sluice.trace";
    private static final int POOL_BYTES = 64 << 10;

    /** What each function has seen. */
    private final Queue<String> seen = new ConcurrentLinkedQueue<>();

    private final BufferPool small =
            BufferPool.builder().maxBytes(POOL_BYTES).maxBuffersPerSize(1024).build();

    /** The name of a public operator or source that takes a function, and a pipeline that calls that function. */
    private record Case(String method, Function<ThreadLocalsTest, Publisher<?>> pipeline) {
        @Override
        public String toString() {
            return method;
        }
    }

    private static final List<Case> CASES = List.of(
            new Case("consume", test -> test.read().consume(test::look)),
            new Case("consumeMany", test -> test.read().consumeMany(b -> Mono.just(test.look(b)), 2)),
            new Case("consumeManyOrdered", test -> test.read().consumeManyOrdered(b -> Mono.just(test.look(b)), 2)),
            new Case(
                    "consumeParallel", test -> test.read().consumeParallel(test::look, 2, Schedulers.boundedElastic())),
            new Case(
                    "consumeParallelOrdered",
                    test -> test.read().consumeParallelOrdered(test::look, 2, Schedulers.boundedElastic())),
            new Case("digest", test -> test.read().digest("MD5", test::look)),
            new Case("peek", test -> test.read().peek(test::look)),
            new Case(
                    "withDigest",
                    test -> test.read().withDigest("MD5", flux -> {
                        test.look(flux);
                        return flux.consume(test::look).then(Mono.just(1));
                    })),
            new Case("checksum", test -> test.read().checksum(CRC32::new, test::look)),
            new Case(
                    "progress",
                    test -> test.read().progress(ProgressSchedule.every(Duration.ofSeconds(10)), test::look)),
            new Case(
                    "deferBuffers",
                    test -> BufferFlux.deferBuffers(() -> {
                        test.look("defer");
                        return test.read();
                    })),
            new Case("concatBuffers", test -> BufferFlux.concatBuffers(test.twice())),
            new Case("mergeBuffers", test -> BufferFlux.mergeBuffers(test.twice(), 1)),
            new Case(
                    "read",
                    test -> BufferFlux.read(
                            ByteSources.stream(() -> {
                                test.look("open");
                                return new ByteArrayInputStream(new byte[100]);
                            }),
                            test.small)),
            new Case(
                    "writeTo",
                    test -> test.read().writeTo(ByteSinks.stream(new OutputStream() {
                        @Override
                        public void write(int b) {
                            test.look(b);
                        }
                    }))),
            new Case("stage", test -> test.read().stage("looking", memory -> test.looking())),
            new Case(
                    "fromFrames",
                    test -> BufferFlux.fromFrames(
                            "frames", test.frames(), test.access(), test.small, Schedulers.parallel()::schedule)),
            // After an operator that has memory of its own, and one that changes threads.
            new Case("consume", test -> test.read().rechunk(7).consume(test::look)),
            new Case(
                    "consume",
                    test -> test.read().emitOn(Schedulers.parallel(), 2).consume(test::look)),
            new Case(
                    "consume",
                    test -> BufferFlux.read(ByteSources.bytes(new byte[100]), test.small)
                            .consume(test::look)));

    @BeforeEach
    void propagate() {
        ContextRegistry.getInstance().registerThreadLocalAccessor(KEY, TRACE);
        Hooks.enableAutomaticContextPropagation();
    }

    @AfterEach
    void stop() {
        Hooks.disableAutomaticContextPropagation();
        ContextRegistry.getInstance().removeThreadLocalAccessor(KEY);
        TRACE.remove();
        eventually(() -> small.stats().buffersInUse() == 0, small::stats);
        small.close();
    }

    static Stream<Case> cases() {
        return CASES.stream();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void withMemoryAtHand(Case each) {
        TRACE.set("C"); // of whoever subscribes
        Flux.from(each.pipeline.apply(this))
                .doOnNext(this::release)
                .contextWrite(Context.of(KEY, "B"))
                .blockLast(LIMIT);
        eventually(() -> !seen.isEmpty());
        assertThat(seen).containsOnly("B");
    }

    @ParameterizedTest
    @MethodSource("cases")
    void whenAnotherRequestReleasesTheMemory(Case each) throws InterruptedException {
        PooledBuffer held = small.acquire(POOL_BYTES);
        var ended = Flux.from(each.pipeline.apply(this))
                .doOnNext(this::release)
                .contextWrite(Context.of(KEY, "B"))
                .then()
                .toFuture();
        eventually(() -> small.stats().pending() > 0);
        Thread requestOfA = new Thread(() -> {
            TRACE.set("A");
            held.release();
        });
        requestOfA.start();
        requestOfA.join();
        eventually(ended::isDone);
        ended.join();
        eventually(() -> !seen.isEmpty());
        assertThat(seen).containsOnly("B");
    }

    /** A new operator with a function needs a line in the table. */
    @Test
    void theTableHasEveryOperatorWithAFunction() {
        Set<String> withFunction = new TreeSet<>();
        for (Method method : BufferFlux.class.getDeclaredMethods()) {
            if (Modifier.isPublic(method.getModifiers())
                    && Arrays.stream(method.getParameterTypes()).anyMatch(ThreadLocalsTest::isFunction)) {
                withFunction.add(method.getName());
            }
        }
        withFunction.removeAll(Set.of("from", "subscribe", "fromByteBuffers"));
        assertThat(CASES.stream().map(Case::method)).containsAll(withFunction);
    }

    private static boolean isFunction(Class<?> type) {
        boolean functional = type.isInterface()
                && Arrays.stream(type.getMethods())
                                .filter(method -> Modifier.isAbstract(method.getModifiers()))
                                .count()
                        == 1;
        return functional && type != Publisher.class && type != Executor.class && type != CharSequence.class;
    }

    private BufferFlux read() {
        return BufferFlux.read(
                ByteSources.stream(() -> new ByteArrayInputStream(new byte[100]))
                        .chunkSize(40),
                small);
    }

    private int look(Object unused) {
        seen.add(String.valueOf(TRACE.get()));
        return 1;
    }

    private void release(Object element) {
        if (element instanceof PooledBuffer buffer) {
            buffer.release();
        }
    }

    private Iterable<BufferFlux> twice() {
        return () -> new Iterator<>() {
            private final AtomicInteger left = new AtomicInteger(2);

            @Override
            public boolean hasNext() {
                return left.get() > 0;
            }

            @Override
            public BufferFlux next() {
                left.decrementAndGet();
                look("next");
                return read();
            }
        };
    }

    private Stage<PooledBuffer> looking() {
        return new Stage<>() {
            private PooledBuffer passing;

            @Override
            public void accept(PooledBuffer input) {
                look(input);
                passing = input;
            }

            @Override
            public PooledBuffer next() {
                PooledBuffer result = passing;
                passing = null;
                return result;
            }

            @Override
            public void release() {
                if (passing != null) {
                    passing.release();
                }
            }
        };
    }

    private Flux<ByteBuffer> frames() {
        return Flux.range(0, 3).map(i -> ByteBuffer.allocate(50)).hide();
    }

    private FrameAccess<ByteBuffer> access() {
        return new FrameAccess<>() {
            @Override
            public int length(ByteBuffer frame) {
                return frame.remaining();
            }

            @Override
            public void copy(ByteBuffer frame, int offset, ByteBuffer target) {
                look(frame);
                target.put(frame.slice(offset, target.remaining()));
            }

            @Override
            public PooledBuffer lease(ByteBuffer frame, BufferPool pool) {
                return null;
            }

            @Override
            public void retain(ByteBuffer frame) {}

            @Override
            public void release(ByteBuffer frame) {}
        };
    }

    /** The wait is over on no thread that released: not even a function that blocks for long keeps it. */
    @Test
    void noFunctionRunsOnTheThreadThatReleases() throws InterruptedException {
        Queue<Thread> threads = new ConcurrentLinkedQueue<>();
        Supplier<Flux<Integer>> pipeline = () -> BufferFlux.read(ByteSources.bytes(new byte[100]), small)
                .gzip()
                .consume(buffer -> {
                    threads.add(Thread.currentThread());
                    return 1;
                });
        PooledBuffer held = small.acquire(POOL_BYTES);
        var ended = Flux.merge(pipeline.get(), pipeline.get(), pipeline.get())
                .then()
                .toFuture();
        eventually(() -> small.stats().pending() > 0);
        Thread releasing = new Thread(held::release);
        releasing.start();
        releasing.join();
        eventually(ended::isDone);
        assertThat(threads).isNotEmpty().doesNotContain(releasing);
    }
}
