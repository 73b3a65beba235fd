package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.util.RaceTestUtils;

/** A sequence, pulled by somebody who knows streams only. */
class ToInputStreamTest extends FluxTest {

    private static final int ROUNDS = 300;

    private final RudeSource source = new RudeSource();

    @Test
    void readsOneByteAtATime() throws IOException {
        byte[] content = content(3000);
        try (InputStream stream = Cuts.of(pool, content, new Random(1)).flux().toInputStream(2)) {
            for (byte expected : content) {
                assertThat(stream.read()).isEqualTo(expected & 0xFF);
            }
            assertThat(stream.read()).isEqualTo(-1);
            assertThat(stream.read()).isEqualTo(-1);
        }
    }

    @Test
    void givesTheSameAsAnArrayWhateverIsCalled() throws IOException {
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            byte[] content = content(random.nextInt(2000));
            InputStream expected = new ByteArrayInputStream(content);
            try (InputStream stream = Cuts.of(pool, content, random).flux().toInputStream(1 + random.nextInt(5))) {
                for (int step = 0; step < 50; step++) {
                    int n = random.nextInt(100);
                    switch (random.nextInt(4)) {
                        case 0 -> assertThat(stream.read()).isEqualTo(expected.read());
                        case 1 -> assertThat(stream.readNBytes(n)).isEqualTo(expected.readNBytes(n));
                        case 2 -> assertThat(stream.skip(n)).isEqualTo(expected.skip(n));
                        default -> {
                            byte[] read = new byte[n + 5];
                            int length = stream.read(read, 3, n);
                            assertThat(length).isLessThanOrEqualTo(n);
                            assertThat(java.util.Arrays.copyOfRange(read, 3, 3 + Math.max(0, length)))
                                    .isEqualTo(expected.readNBytes(Math.max(0, length)));
                        }
                    }
                }
                ByteArrayOutputStream rest = new ByteArrayOutputStream();
                stream.transferTo(rest);
                assertThat(rest.toByteArray()).as("with seed %d", seed).isEqualTo(expected.readAllBytes());
                assertThat(stream.available()).isZero();
                assertThat(stream.skip(5)).isZero();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 1000, 65536})
    void feedsAGzipStream(int chunk) throws IOException {
        byte[] content = content(200_000);
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(content);
        }
        try (InputStream stream = new GZIPInputStream(
                BufferFlux.read(ByteSources.bytes(packed.toByteArray()).chunkSize(chunk), pool)
                        .toInputStream(4))) {
            assertThat(stream.readAllBytes()).isEqualTo(content);
        }
    }

    @Test
    void isFilledByAnotherThread() throws IOException {
        byte[] content = content(1_000_000);
        try (InputStream stream = BufferFlux.read(file(1_000_000), pool, 1000).toInputStream(3)) {
            assertThat(stream.readAllBytes()).isEqualTo(content);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 8, 100})
    void requestsAndHoldsNoMoreThanThePrefetch(int prefetch) throws IOException {
        AtomicReference<Long> most = new AtomicReference<>(0L);
        byte[] content = content(10_000);
        BufferFlux counting =
                BufferFlux.from(Flux.from(Cuts.every(pool, content, 10).flux())
                        .doOnNext(buffer -> most.accumulateAndGet(pool.stats().buffersInUse(), Math::max)));
        try (InputStream stream = counting.toInputStream(prefetch)) {
            assertThat(stream.readAllBytes()).isEqualTo(content);
        }
        assertThat(most.get()).isBetween(1L, (long) prefetch);
    }

    @Test
    void thePrefetchIsAtLeastOne() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BufferFlux.from(source).toInputStream(0))
                .withMessageContaining("prefetch");
    }

    @Test
    void doesNothingBeforeTheFirstRead() throws IOException {
        InputStream stream = BufferFlux.from(source).toInputStream(5);
        assertThat(source.subscriber).isNull();
        assertThat(stream.available()).as("0 would be the end").isOne();
        assertThat(stream.read(new byte[0])).isZero();
        stream.close();
        assertThat(source.subscriber).isNull();
    }

    @Test
    void availableIsWhatCanBeReadWithoutWaiting() throws IOException {
        try (InputStream stream = BufferFlux.from(source).toInputStream(5)) {
            CompletableFuture<Integer> first = CompletableFuture.supplyAsync(() -> read(stream));
            eventually(() -> source.subscriber != null && source.requested.get() == 5);
            source.subscriber.onNext(buffer("abc"));
            assertThat(first.join()).isEqualTo('a');
            assertThat(stream.available()).isEqualTo(2);
            source.subscriber.onNext(buffer("defg"));
            assertThat(stream.skip(2)).isEqualTo(2);
            assertThat(stream.available()).isEqualTo(4);
            assertThat(stream.readNBytes(4)).isEqualTo("defg".getBytes());
            assertThat(stream.available()).as("0 would be the end").isOne();
            source.subscriber.onComplete();
            assertThat(stream.available()).isZero();
            assertThat(stream.read()).isEqualTo(-1);
        }
    }

    private static int read(InputStream stream) {
        try {
            return stream.read();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void anErrorIsThrownAfterWhatCameBefore() throws IOException {
        IllegalStateException error = new IllegalStateException("gone");
        try (InputStream stream =
                BufferFlux.from(Flux.concat(buffers("a"), Flux.error(error))).toInputStream(5)) {
            assertThat(stream.read()).isEqualTo('a');
            for (int i = 0; i < 2; i++) {
                assertThatExceptionOfType(IOException.class)
                        .isThrownBy(stream::read)
                        .withMessage("gone")
                        .withCause(error);
            }
        }
    }

    @Test
    void closingCancelsAndReleases() throws IOException {
        InputStream stream = BufferFlux.from(buffers("ab", "cd", "ef").concatWith(Mono.never()))
                .toInputStream(5);
        assertThat(stream.read()).isEqualTo('a');
        assertThat(pool.stats().buffersInUse()).isEqualTo(3);
        stream.close();
        stream.close();
        assertThat(pool.stats().buffersInUse()).isZero();
        assertThatExceptionOfType(IOException.class).isThrownBy(stream::read).withMessageContaining("closed");
        assertThatExceptionOfType(IOException.class).isThrownBy(stream::available);
    }

    @Test
    void closingWakesTheReader() throws IOException {
        InputStream stream = BufferFlux.from(source).toInputStream(5);
        CompletableFuture<Integer> reading = CompletableFuture.supplyAsync(() -> read(stream));
        eventually(() -> source.requested.get() == 5);
        stream.close();
        assertThatExceptionOfType(java.util.concurrent.CompletionException.class)
                .isThrownBy(reading::join)
                .withStackTraceContaining("closed");
        assertThat(source.cancelled).isTrue();
    }

    @Test
    void anInterruptedReaderCancels() {
        InputStream stream = BufferFlux.from(source).toInputStream(5);
        AtomicReference<Thread> reader = new AtomicReference<>();
        CompletableFuture<Throwable> thrown = CompletableFuture.supplyAsync(() -> {
            reader.set(Thread.currentThread());
            try {
                return new AssertionError(stream.read());
            } catch (IOException e) {
                return Thread.interrupted() ? e : new AssertionError("the status is lost", e);
            }
        });
        eventually(() -> source.requested.get() == 5);
        source.subscriber.onNext(buffer(""));
        reader.get().interrupt();
        assertThat(thrown.join()).isInstanceOf(InterruptedIOException.class);
        assertThat(source.cancelled).isTrue();
    }

    @Test
    void refusesToWaitOnAThreadThatMustNot() {
        Integer available = Mono.fromCallable(() -> {
                    try (InputStream stream = BufferFlux.from(buffers("abc")).toInputStream(1)) {
                        return stream.readAllBytes().length; // all is there at once
                    }
                })
                .subscribeOn(Schedulers.parallel())
                .block(LIMIT);
        assertThat(available).isEqualTo(3);

        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(() -> Mono.fromCallable(() -> {
                            try (InputStream stream = BufferFlux.from(source).toInputStream(1)) {
                                return stream.read();
                            }
                        })
                        .subscribeOn(Schedulers.parallel())
                        .block(LIMIT))
                .withMessageContaining("parallel-");
        assertThat(source.cancelled).isTrue();
    }

    @Test
    void whatComesTooMuchIsAnError() throws IOException {
        try (InputStream stream = BufferFlux.from(source).toInputStream(2)) {
            CompletableFuture<Integer> first = CompletableFuture.supplyAsync(() -> read(stream));
            eventually(() -> source.requested.get() == 2);
            source.subscriber.onNext(buffer("a"));
            assertThat(first.join()).isEqualTo('a');
            source.subscriber.onNext(buffer("b"));
            source.subscriber.onNext(buffer("c"));
            assertThat(source.cancelled).isTrue();
            source.subscriber.onNext(buffer("d"));
            assertThat(stream.read()).isEqualTo('b');
            assertThatExceptionOfType(IOException.class)
                    .isThrownBy(stream::read)
                    .withStackTraceContaining("more buffers than were requested");
        }
    }

    @Test
    void theSmallestBudgetIsThePrefetch() throws IOException {
        try (BufferPool two = BufferPool.builder().maxBytes(2048).build();
                InputStream stream = BufferFlux.read(
                                ByteSources.bytes(content(20_000)).chunkSize(1024), two)
                        .toInputStream(2)) {
            assertThat(stream.readAllBytes()).isEqualTo(content(20_000));
        }
    }

    @Test
    void closeAgainstOnNext() throws IOException {
        for (int round = 0; round < ROUNDS; round++) {
            RudeSource rude = new RudeSource();
            InputStream stream = BufferFlux.from(rude).toInputStream(3);
            CompletableFuture<Integer> first = CompletableFuture.supplyAsync(() -> read(stream));
            eventually(() -> rude.requested.get() == 3);
            rude.subscriber.onNext(buffer("a"));
            first.join();
            PooledBuffer second = buffer("b");
            PooledBuffer third = buffer("c");
            RaceTestUtils.race(
                    () -> {
                        rude.subscriber.onNext(second);
                        rude.subscriber.onNext(third);
                        rude.subscriber.onComplete();
                    },
                    () -> close(stream));
            assertThat(pool.stats().buffersInUse()).isZero();
        }
    }

    /** The reader gets what is there, or is told that the stream is closed; never memory that is somebody else's. */
    @Test
    void closeAgainstRead() throws IOException {
        for (int round = 0; round < ROUNDS; round++) {
            InputStream stream = BufferFlux.read(
                            ByteSources.bytes("abcdefghij".getBytes()).chunkSize(2), pool)
                    .toInputStream(3);
            assertThat(stream.read()).isEqualTo('a');
            RaceTestUtils.race(
                    () -> {
                        try {
                            assertThat("bcdefghij").startsWith(new String(stream.readNBytes(9)));
                        } catch (IOException e) {
                            assertThat(e).hasMessageContaining("closed");
                        }
                    },
                    () -> close(stream));
            nothingInFlight();
        }
    }

    @Test
    void closeAgainstTheSubscription() throws IOException {
        Flux<PooledBuffer> silent = buffers("a", "b").concatWith(Mono.never());
        for (int round = 0; round < ROUNDS; round++) {
            InputStream stream = BufferFlux.from(silent.hide()).toInputStream(3);
            RaceTestUtils.race(
                    () -> {
                        try {
                            stream.read();
                        } catch (IOException e) {
                            assertThat(e).hasMessageContaining("closed");
                        }
                    },
                    () -> close(stream));
            nothingInFlight();
        }
    }

    private static void close(InputStream stream) {
        try {
            stream.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
