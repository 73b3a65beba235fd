package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.reactivestreams.Publisher;
import reactor.blockhound.BlockingOperationError;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Nothing blocks the threads of a scheduler for work that does not block, even where memory is short. */
class NoBlockingTest extends FluxTest {

    private static final int MANY = 20;
    private static final int CHUNK = 512;

    @TempDir
    static Path files;

    private static final AtomicInteger NUMBER = new AtomicInteger();
    private static final Map<String, Function<BufferFlux, Publisher<?>>> OPERATORS = new LinkedHashMap<>();

    static {
        OPERATORS.put("consume", flux -> flux.consume(PooledBuffer::length));
        OPERATORS.put("consumeMany", flux -> flux.consumeMany(buffer -> Mono.just(buffer.length()), 3));
        OPERATORS.put("emitOn", flux -> flux.emitOn(Schedulers.parallel(), 3).consume(PooledBuffer::length));
        OPERATORS.put("rechunk", flux -> flux.rechunk(CHUNK - 1).consume(PooledBuffer::length));
        OPERATORS.put("byteRange", flux -> flux.byteRange(7, 2_000).consume(PooledBuffer::length));
        OPERATORS.put("split", flux -> flux.split(new byte[] {7, 9}, 100_000).consume(PooledBuffer::length));
        OPERATORS.put("lines", flux -> flux.lines(StandardCharsets.ISO_8859_1, 100_000));
        OPERATORS.put(
                "lengthPrefixed",
                flux -> flux.lengthPrefixed(1, ByteOrder.BIG_ENDIAN, 255)
                        .consume(PooledBuffer::length)
                        .onErrorComplete(TruncatedBytesException.class));
        OPERATORS.put("decode", flux -> flux.decode(StandardCharsets.UTF_8));
        OPERATORS.put("join", flux -> flux.join(100_000).doOnNext(PooledBuffer::release));
        OPERATORS.put("gzip, gunzip", flux -> flux.gzip().gunzip().consume(PooledBuffer::length));
        OPERATORS.put("deflate, inflate", flux -> flux.deflate().inflate().consume(PooledBuffer::length));
        OPERATORS.put("digest", flux -> flux.checksum(CRC32C::new, sum -> {}).digest("SHA-256"));
        OPERATORS.put(
                "progress",
                flux -> flux.progress(Progress.every(Duration.ofMillis(1)), report -> {})
                        .consume(PooledBuffer::length));
        OPERATORS.put(
                "prefixLengths",
                flux -> flux.prefixLengths(4, ByteOrder.BIG_ENDIAN).consume(PooledBuffer::length));
        OPERATORS.put("inFlight", flux -> flux.inFlight(3).consume(PooledBuffer::length));
        OPERATORS.put("orTimeout", flux -> flux.orTimeout(LIMIT).consume(PooledBuffer::length));
        OPERATORS.put(
                "consumeParallelOrdered",
                flux -> flux.consumeParallelOrdered(PooledBuffer::length, 3, Schedulers.parallel()));
        OPERATORS.put("tee", flux -> {
            BufferFlux both = flux.tee(2, TeePolicy.SLOWEST);
            return Flux.merge(both.consume(PooledBuffer::length), both.consume(PooledBuffer::length));
        });
        OPERATORS.put("cacheBytes", flux -> {
            BufferCache cache = flux.cacheBytes(1 << 20);
            return cache.consume(PooledBuffer::length)
                    .thenMany(cache.consume(PooledBuffer::length))
                    .doFinally(signal -> cache.dispose());
        });
        OPERATORS.put(
                "mergeBuffers",
                flux -> BufferFlux.mergeBuffers(List.of(flux, flux), 2).consume(PooledBuffer::length));
        OPERATORS.put("writeTo a file", flux -> flux.writeTo(files.resolve("file" + NUMBER.incrementAndGet())));
        OPERATORS.put("asString", flux -> flux.asString(StandardCharsets.UTF_8, 100_000));
    }

    static Stream<String> operators() {
        return OPERATORS.keySet().stream();
    }

    @Test
    void isWatched() {
        assertThatThrownBy(() -> Mono.fromRunnable(NoBlockingTest::block)
                        .subscribeOn(Schedulers.parallel())
                        .block(LIMIT))
                .hasCauseInstanceOf(BlockingOperationError.class);
    }

    private static void block() {
        try {
            Thread.sleep(1);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @MethodSource("operators")
    void byNoOperator(String name) {
        byte[] content = new byte[5_000];
        for (int i = 0; i < content.length; i++) {
            content[i] = (byte) (i % 11);
        }
        Long ended = Flux.range(0, MANY)
                .flatMap(
                        i -> Flux.from(OPERATORS
                                        .get(name)
                                        .apply(BufferFlux.from(Cuts.every(pool, content, CHUNK)
                                                .flux()
                                                .subscribeOn(Schedulers.parallel()))))
                                .then(Mono.just(1L)),
                        MANY)
                .reduce(0L, Long::sum)
                .block(LIMIT);
        assertThat(ended).isEqualTo(MANY);
    }

    /** Grants come on the threads that release, which are those of the scheduler here. */
    @Test
    void byWaitingForMemory() throws Exception {
        BufferPool tight = BufferPool.builder().maxBytes(3 * CHUNK).build();
        byte[] content = new byte[5_000];
        Mono<Long> each = BufferFlux.read(Files.write(dir.resolve("zeros"), content), tight, CHUNK)
                .emitOn(Schedulers.parallel(), 2)
                .rechunk(CHUNK - 1)
                .rechunk(CHUNK - 2)
                .consume(PooledBuffer::length)
                .reduce(0L, (sum, length) -> sum + length);
        Long sum = Flux.range(0, MANY)
                .flatMap(i -> each, MANY)
                .reduce(0L, Long::sum)
                .block(LIMIT);
        assertThat(sum).isEqualTo(MANY * 5_000L);
        eventually(() -> tight.stats().buffersInUse() == 0, tight::stats);
        tight.close();
    }

    /** A pool that is cleared, shrunk and closed there. */
    @Test
    void byThePool() {
        BufferPool other = BufferPool.builder().maxBytes(1 << 20).build();
        Mono<Boolean> all = Mono.fromCallable(() -> {
            for (int i = 0; i < 100; i++) {
                try (PooledBuffer buffer = other.acquire(1 + i * 100)) {
                    buffer.byteBuffer().put((byte) 1);
                }
            }
            other.shrink();
            other.clear();
            other.close();
            return true;
        });
        assertThat(all.subscribeOn(Schedulers.parallel()).block(LIMIT)).isTrue();
    }
}
