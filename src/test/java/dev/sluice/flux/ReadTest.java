package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

/** What a file looks like to its subscriber. */
class ReadTest extends FluxTest {

    @ParameterizedTest
    @CsvSource({
        "1, 1",
        "1, 7",
        "7, 7",
        "8, 7",
        "100, 7",
        "1000, 64",
        "65536, 65536",
        "65537, 65536",
        "200000, 65536",
        "200000, 4096",
        "200000, 5000",
        "70000, 1000",
        "300000, 100000",
        "10, 100000"
    })
    void givesTheContentInChunks(int size, int chunk) throws IOException {
        List<Integer> lengths = new ArrayList<>();
        ByteArrayOutputStream all = new ByteArrayOutputStream();

        BufferFlux.read(file(size), pool, chunk)
                .doOnNext(buffer -> {
                    lengths.add(buffer.length());
                    all.writeBytes(bytes(buffer));
                })
                .blockLast(LIMIT);

        assertThat(all.toByteArray()).isEqualTo(content(size));
        assertThat(lengths.subList(0, lengths.size() - 1)).allMatch(length -> length == chunk);
        assertThat(lengths.get(lengths.size() - 1)).isEqualTo(size - (lengths.size() - 1) * chunk);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 16, 100})
    void givesTheSameWhateverIsRequestedAtOnce(int batch) throws IOException {
        List<byte[]> expected = BufferFlux.read(file(100_000), pool, 999)
                .map(FluxTest::bytes)
                .collectList()
                .block(LIMIT);

        List<byte[]> actual = BufferFlux.read(file(100_000), pool, 999)
                .map(FluxTest::bytes)
                .limitRate(batch, 0)
                .collectList()
                .block(LIMIT);

        assertThat(actual)
                .hasSameSizeAs(expected)
                .zipSatisfy(expected, (a, b) -> assertThat(a).isEqualTo(b));
    }

    @Test
    void readsChunksOf64KibiBytesUnlessToldOtherwise() throws IOException {
        StepVerifier.create(BufferFlux.read(file(150_000), pool).consume(PooledBuffer::length))
                .expectNext(65536, 65536, 150_000 - 2 * 65536)
                .verifyComplete();
    }

    @Test
    void eachBufferIsReadyToBeRead() throws IOException {
        StepVerifier.create(BufferFlux.read(file(25), pool, 10))
                .thenConsumeWhile(buffer -> {
                    assertThat(buffer.byteBuffer().position()).isZero();
                    assertThat(buffer.byteBuffer().remaining()).isEqualTo(buffer.length());
                    buffer.release();
                    return true;
                })
                .verifyComplete();
    }

    @Test
    void nothingHappensBeforeTheSubscription() {
        Path missing = dir.resolve("missing");
        Flux<byte[]> read = BufferFlux.read(missing, pool).consume(PooledBuffer::toByteArray);
        assertThat(pool.stats().totalAcquisitions()).isZero();

        StepVerifier.create(Flux.defer(() -> write(missing, "now")).thenMany(read))
                .expectNextMatches(bytes -> new String(bytes).equals("now"))
                .verifyComplete();
    }

    @Test
    void everySubscriptionReadsTheFileAnew() throws IOException {
        Path file = file(10);
        Flux<byte[]> read = BufferFlux.read(file, pool).consume(PooledBuffer::toByteArray);

        assertThat(read.blockLast(LIMIT)).isEqualTo(content(10));
        Files.write(file, content(20));
        assertThat(read.blockLast(LIMIT)).isEqualTo(content(20));
    }

    @Test
    void anEmptyFileIsAnEmptySequence() throws IOException {
        StepVerifier.create(BufferFlux.read(file(0), pool)).verifyComplete();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 100, 65536})
    @EnabledOnOs(OS.LINUX)
    void anEntryOfProcThatClaimsNoSizeIsReadToItsEnd(int chunk) throws IOException {
        String expected = Files.readString(Path.of("/proc/version"));

        assertThat(Files.size(Path.of("/proc/version"))).isZero();
        assertThat(BufferFlux.read(Path.of("/proc/version"), pool, chunk)
                        .map(FluxTest::text)
                        .reduce("", String::concat)
                        .block(LIMIT))
                .isEqualTo(expected);
    }

    @Test
    void aNominalSizeIsNotBelieved() throws IOException {
        Path nominal = FaultyFiles.at(file(3), new FaultyFiles.Fault() {
            @Override
            public long size(java.nio.channels.SeekableByteChannel channel) {
                return 4096;
            }
        });

        StepVerifier.create(BufferFlux.read(nominal, pool).consume(PooledBuffer::length))
                .expectNext(3)
                .verifyComplete();
    }

    @Test
    void shortReadsAreFilledUp() throws IOException {
        Path dribbling = FaultyFiles.at(file(1000), new FaultyFiles.Fault() {
            @Override
            public int read(java.nio.channels.SeekableByteChannel channel, java.nio.ByteBuffer target)
                    throws IOException {
                int limit = target.limit();
                target.limit(Math.min(limit, target.position() + 7));
                int read = channel.read(target);
                target.limit(limit);
                return read;
            }
        });

        StepVerifier.create(BufferFlux.read(dribbling, pool, 400).consume(PooledBuffer::length))
                .expectNext(400, 400, 200)
                .verifyComplete();
    }

    @Test
    void whatIsAppendedMeanwhileIsNotRead() throws IOException {
        Path file = file(30);
        List<Integer> lengths = new ArrayList<>();

        BufferFlux.read(file, pool, 20)
                .limitRate(1)
                .doOnNext(buffer -> {
                    lengths.add(bytes(buffer).length);
                    append(file, 100);
                })
                .blockLast(LIMIT);

        assertThat(lengths).containsExactly(20, 10);
    }

    @Test
    void aFileSmallerThanAChunkTakesASmallBuffer() throws IOException {
        StepVerifier.create(BufferFlux.read(file(100), pool, 1 << 20))
                .consumeNextWith(buffer -> {
                    assertThat(buffer.capacity()).isLessThan(200);
                    buffer.release();
                })
                .verifyComplete();
    }

    @Test
    void readsAndEmitsOnTheGivenScheduler() throws IOException {
        Scheduler scheduler = Schedulers.newSingle("reader");
        List<String> threads = new ArrayList<>();
        Path file = FaultyFiles.at(file(100), new FaultyFiles.Fault() {
            @Override
            public void open(Path path, java.util.Set<? extends java.nio.file.OpenOption> options) {
                threads.add(Thread.currentThread().getName());
            }

            @Override
            public void close(java.nio.channels.SeekableByteChannel channel) throws IOException {
                threads.add(Thread.currentThread().getName());
                channel.close();
            }
        });

        BufferFlux.read(ByteSources.file(file).chunkSize(50).on(scheduler), pool)
                .doOnNext(buffer -> threads.add(Thread.currentThread().getName()))
                .doOnNext(PooledBuffer::release)
                .blockLast(LIMIT);
        scheduler.dispose();

        assertThat(threads).hasSizeGreaterThanOrEqualTo(4).allMatch(name -> name.startsWith("reader"));
    }

    @Test
    void theFileIsClosedOnceAndBeforeTheEndIsSignalled() throws IOException {
        AtomicInteger closed = new AtomicInteger();
        Path file = FaultyFiles.at(file(100), new FaultyFiles.Fault() {
            @Override
            public void close(java.nio.channels.SeekableByteChannel channel) throws IOException {
                closed.incrementAndGet();
                channel.close();
            }
        });

        StepVerifier.create(BufferFlux.read(file, pool)
                        .consume(PooledBuffer::length)
                        .doOnComplete(() -> assertThat(openFiles()).isEmpty()))
                .expectNext(100)
                .verifyComplete();
        assertThat(closed).hasValue(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, Integer.MIN_VALUE})
    void aChunkHasAtLeastOneByte(int chunk) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BufferFlux.read(dir, pool, chunk))
                .withMessageContaining("chunkSize");
    }

    @Test
    void canBeScanned() throws IOException {
        BufferFlux read =
                BufferFlux.read(ByteSources.file(file(100)).chunkSize(10).on(Schedulers.immediate()), pool);
        HoldingSubscriber subscriber = new HoldingSubscriber();
        List<Scannable> upstream = new ArrayList<>();
        read.subscribe(new reactor.core.CoreSubscriber<>() {
            @Override
            public void onSubscribe(org.reactivestreams.Subscription s) {
                upstream.add(Scannable.from(s));
                subscriber.onSubscribe(s);
            }

            @Override
            public void onNext(PooledBuffer buffer) {
                subscriber.onNext(buffer);
            }

            @Override
            public void onError(Throwable error) {
                subscriber.onError(error);
            }

            @Override
            public void onComplete() {
                subscriber.onComplete();
            }
        });
        Scannable subscription = upstream.get(0);
        subscriber.request(3);

        assertThat(read.toString()).isEqualTo("BufferFlux.read(" + dir.resolve("file-100") + ")");
        assertThat(Scannable.from(read).scan(Scannable.Attr.RUN_STYLE)).isEqualTo(Scannable.Attr.RunStyle.ASYNC);
        assertThat(subscription.scan(Scannable.Attr.REQUESTED_FROM_DOWNSTREAM)).isZero();
        assertThat(subscription.scan(Scannable.Attr.TERMINATED)).isFalse();
        assertThat(subscription.scan(Scannable.Attr.CANCELLED)).isFalse();
        subscriber.request(7);
        assertThat(subscription.scan(Scannable.Attr.TERMINATED)).isTrue();
        assertThat(subscriber.completions).hasValue(1);
        subscriber.releaseAll();
    }

    @Test
    void staysABufferFluxUnderAssemblyHooks() throws IOException {
        Hooks.onOperatorDebug();
        try {
            BufferFlux read = BufferFlux.read(file(10), pool);
            assertThat(Scannable.from(read).scan(Scannable.Attr.PARENT)).isNotNull();
            assertThat(read.consume(PooledBuffer::length).blockLast(LIMIT)).isEqualTo(10);
        } finally {
            Hooks.resetOnOperatorDebug();
        }
    }

    @Test
    void aLostLeaseIsReportedWithItsSourceAndComesBack() throws IOException {
        Path file = file(100_000);
        assertThat(lose(3, watching -> BufferFlux.read(file, watching, 40_000)))
                .hasSize(3)
                .allMatch(report -> report.contains("BufferFlux.read(" + file + ")"));
    }

    @Test
    void aLostSliceIsReportedToo() throws IOException {
        Path file = file(3000);
        assertThat(lose(2, watching -> BufferFlux.read(file, watching, 1000).take(2)))
                .hasSize(2)
                .allMatch(report -> report.contains("BufferFlux.read(" + file + ")"));
    }

    @Test
    void theReportNamesTheCheckpoint() throws IOException {
        Path file = file(100);
        assertThat(lose(
                        1,
                        watching -> BufferFlux.read(file, watching)
                                .filter(buffer -> true)
                                .checkpoint("upload")
                                .limitRate(1)))
                .singleElement()
                .asString()
                .contains("BufferFlux.read(" + file + "), checkpoint(\"upload\")");
    }

    private static List<String> lose(int lost, Function<BufferPool, Flux<PooledBuffer>> reading) {
        List<String> reports = new CopyOnWriteArrayList<>();
        try (BufferPool watching = BufferPool.builder()
                .maxBytes(1 << 20)
                .onLeak(report -> reports.add(report.toString()))
                .build()) {
            reading.apply(watching).blockLast(LIMIT);
            eventually(() -> {
                System.gc();
                return watching.stats().buffersInUse() == 0;
            });
            // The bytes come back before the listener is called.
            eventually(() -> reports.size() == lost);
        }
        return reports;
    }

    private static Flux<PooledBuffer> write(Path path, String text) {
        try {
            Files.writeString(path, text);
            return Flux.empty();
        } catch (IOException e) {
            return Flux.error(e);
        }
    }

    private static void append(Path path, int bytes) {
        try {
            Files.write(path, new byte[bytes], java.nio.file.StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 100, 4 << 10, 60_000, 65_536})
    void aSmallPoolGetsSmallChunks(long limit) throws IOException {
        Path file = file(10_000);
        try (BufferPool small = BufferPool.builder().maxBytes(limit).build()) {
            assertThat(BufferFlux.read(file, small)
                            .consume(PooledBuffer::length)
                            .reduce(0, Integer::sum)
                            .block(LIMIT))
                    .isEqualTo(10_000);
            eventually(() -> small.stats().buffersInUse() == 0);
        }
    }
}
