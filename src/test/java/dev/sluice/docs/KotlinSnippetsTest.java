package dev.sluice.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToIntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import kotlin.coroutines.Continuation;
import kotlin.coroutines.EmptyCoroutineContext;
import kotlin.jvm.functions.Function2;
import kotlinx.coroutines.BuildersKt;
import kotlinx.coroutines.CoroutineScope;
import kotlinx.coroutines.CoroutineStart;
import kotlinx.coroutines.Dispatchers;
import kotlinx.coroutines.GlobalScope;
import kotlinx.coroutines.Job;
import kotlinx.coroutines.TimeoutKt;
import kotlinx.coroutines.channels.BufferOverflow;
import kotlinx.coroutines.flow.Flow;
import kotlinx.coroutines.flow.FlowKt;
import kotlinx.coroutines.reactive.ReactiveFlowKt;
import kotlinx.coroutines.reactor.MonoKt;
import org.jetbrains.kotlin.cli.common.ExitCode;
import org.jetbrains.kotlin.cli.jvm.K2JVMCompiler;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;

/**
 * The Kotlin of {@code docs/clients.md}: what it calls, called from Java; and, because the compiler takes its time, in the
 * long tests, the file itself, compiled and run.
 */
class KotlinSnippetsTest {

    private static final Path FILE = Path.of("src", "test", "resources", "kotlin", "Flows.kt");
    private static final Pattern COMMENT = Pattern.compile("<!-- kotlin: (\\w+) -->");
    private static final int RENDEZVOUS = 0;

    private final BufferPool pool =
            BufferPool.builder().name("kotlin").maxBytes(1 << 20).build();

    @TempDir
    Path directory;

    @AfterEach
    void nothingIsInFlight() {
        long deadline = System.nanoTime() + 20_000_000_000L;
        while (pool.stats().buffersInUse() > 0 && System.nanoTime() - deadline < 0) {
            Thread.yield();
        }
        assertThat(pool.stats().buffersInUse()).isZero();
        assertThat(pool.stats().lost()).isZero();
        pool.close();
    }

    private BufferFlux endless() {
        return BufferFlux.from(Flux.generate(sink -> sink.next(pool.acquire(100))));
    }

    private BufferFlux five() {
        return BufferFlux.from(Flux.range(1, 5).map(pool::acquire));
    }

    @Test
    void thePageShowsTheFile() throws IOException {
        String file = Files.readString(FILE);
        List<String> shown = new ArrayList<>();
        for (DocsTest.Block block : DocsTest.blocksOf(Path.of("docs", "clients.md"))) {
            if (!block.language().equals("kotlin")) {
                continue;
            }
            Matcher tag = COMMENT.matcher(block.above());
            assertThat(tag.matches()).as("a comment above %s", block).isTrue();
            String name = tag.group(1);
            String region = file.substring(file.indexOf("// tag::" + name + "\n"), file.indexOf("// end::" + name));
            assertThat(block.content())
                    .isEqualTo(region.substring(region.indexOf('\n') + 1).strip());
            shown.add(name);
        }
        assertThat(shown).containsExactly("flow", "use");
    }

    private static Flow<Integer> flow(BufferFlux buffers, ToIntFunction<PooledBuffer> transform) {
        Flux<Integer> results = buffers.consumeMany(
                buffer -> MonoKt.mono(Dispatchers.getUnconfined(), (scope, next) -> {
                    try (PooledBuffer own = buffer.retain()) {
                        return transform.applyAsInt(own);
                    }
                }),
                1);
        return FlowKt.buffer(ReactiveFlowKt.asFlow(results), RENDEZVOUS, BufferOverflow.SUSPEND);
    }

    private static <T> T running(Function2<CoroutineScope, Continuation<? super T>, Object> block)
            throws InterruptedException {
        return BuildersKt.runBlocking(EmptyCoroutineContext.INSTANCE, block);
    }

    private static List<Integer> listed(Flow<Integer> flow) throws InterruptedException {
        return KotlinSnippetsTest.<List<? extends Integer>>running(
                        (scope, next) -> FlowKt.toList(flow, new ArrayList<>(), next))
                .stream()
                .map(Integer::valueOf)
                .toList();
    }

    @Test
    void takeReleasesAllAndFetchesNoneAhead() throws InterruptedException {
        AtomicInteger calls = new AtomicInteger();
        assertThat(listed(flow(five(), PooledBuffer::length))).containsExactly(1, 2, 3, 4, 5);
        assertThat(listed(FlowKt.take(
                        flow(endless(), buffer -> {
                            calls.incrementAndGet();
                            return buffer.length();
                        }),
                        3)))
                .containsExactly(100, 100, 100);
        assertThat(calls).hasValueBetween(3, 5);
    }

    @Test
    void whatIsThrownReleases() {
        assertThatThrownBy(() -> listed(flow(endless(), buffer -> {
                    throw new IllegalStateException("no");
                })))
                .hasMessage("no");
    }

    @Test
    void aTimeoutReleases() throws InterruptedException {
        List<? extends Integer> late = running((scope, next) -> TimeoutKt.withTimeoutOrNull(
                50,
                (inner, then) -> FlowKt.toList(
                        flow(BufferFlux.from(Flux.concat(five(), Flux.never())), PooledBuffer::length),
                        new ArrayList<>(),
                        then),
                next));
        assertThat(late).isNull();
    }

    @Test
    void cancellingReleases() throws InterruptedException {
        AtomicInteger calls = new AtomicInteger();
        Flow<Integer> flow = flow(endless(), buffer -> calls.incrementAndGet());
        Job job = BuildersKt.launch(
                GlobalScope.INSTANCE,
                Dispatchers.getDefault(),
                CoroutineStart.DEFAULT,
                (scope, next) -> FlowKt.collect(flow, next));
        while (calls.get() < 1_000) {
            Thread.yield();
        }
        job.cancel(null);
        running((scope, next) -> job.join(next));
    }

    @Test
    @Tag("long")
    void theFileCompilesAndLosesNothing() throws Exception {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        Path out = directory.resolve("classes");
        ExitCode exit = new K2JVMCompiler()
                .exec(
                        new PrintStream(said, true, StandardCharsets.UTF_8),
                        "-no-stdlib",
                        "-no-reflect",
                        "-jvm-target",
                        "17",
                        "-d",
                        out.toString(),
                        "-cp",
                        classPath,
                        FILE.toString());
        assertThat(exit).as(said.toString(StandardCharsets.UTF_8)).isEqualTo(ExitCode.OK);
        try (URLClassLoader classes =
                new URLClassLoader(new URL[] {out.toUri().toURL()}, KotlinSnippetsTest.class.getClassLoader())) {
            Class<?> flows = classes.loadClass("dev.sluice.docs.kotlin.FlowsKt");
            assertThat(call(flows, "all", five())).isEqualTo(List.of(1, 2, 3, 4, 5));
            assertThat(call(flows, "taken", endless())).isEqualTo(List.of(100, 100, 100));
            assertThat(call(flows, "timedOut", endless())).isNull();
            assertThat((int) call(flows, "cancelled", endless())).isGreaterThanOrEqualTo(3);
            assertThatThrownBy(() -> call(flows, "thrown", endless())).hasMessage("no");
            Path file = Files.write(directory.resolve("file"), new byte[300_000]);
            assertThat((List<?>) flows.getMethod("first", Path.class, BufferPool.class)
                            .invoke(null, file, pool))
                    .hasSize(3);
        }
    }

    private static Object call(Class<?> flows, String name, BufferFlux buffers) throws Exception {
        try {
            return flows.getMethod(name, BufferFlux.class).invoke(null, buffers);
        } catch (InvocationTargetException e) {
            throw (Exception) e.getCause();
        }
    }
}
