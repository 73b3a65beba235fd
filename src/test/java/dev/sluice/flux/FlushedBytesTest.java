package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;

/** What a peer has flushed comes out, though the peer says nothing more. */
class FlushedBytesTest extends FluxTest {

    /** Every operator that makes other bytes or records of its input, fed with what makes "hello". */
    enum Live {
        GUNZIP(flushed(true), BufferFlux::gunzip),
        GUNZIP_AFTER_A_MEMBER(Gzip.gzip("hello\n".getBytes(StandardCharsets.US_ASCII)), BufferFlux::gunzip),
        INFLATE(flushed(false), BufferFlux::inflate),
        INFLATE_ALL(Gzip.deflate("hello\n".getBytes(StandardCharsets.US_ASCII), 9), BufferFlux::inflate),
        GZIP("hello\n".getBytes(), flux -> flux.gzip(6, Flush.EACH_BUFFER).gunzip()),
        DEFLATE("hello\n".getBytes(), flux -> flux.deflate(6, Flush.EACH_BUFFER).inflate()),
        SPLIT("hello\n".getBytes(), flux -> flux.split(new byte[] {'\n'}, 100).suffixEach(new byte[] {'\n'})),
        LENGTH_PREFIXED("\6hello\n".getBytes(), flux -> flux.lengthPrefixed(1, ByteOrder.BIG_ENDIAN, 9)),
        PREFIX("llo\n".getBytes(), flux -> flux.prefix("he".getBytes(), flux.pool())),
        JOIN_WITH("hello\n".getBytes(), flux -> flux.rechunk(6).joinWith(new byte[1])),
        TAKE("hello\n".getBytes(), flux -> flux.takeBytes(100)),
        DECODE("hello\n".getBytes(), flux -> flux);

        private final byte[] bytes;
        private final Function<Feed, BufferFlux> operator;

        Live(byte[] bytes, Function<Feed, BufferFlux> operator) {
            this.bytes = bytes;
            this.operator = operator;
        }
    }

    /** A source that has given something and is silent. */
    private static final class Feed extends FluxWrap {

        private final BufferPool pool;

        Feed(Flux<PooledBuffer> source, BufferPool pool) {
            super(source);
            this.pool = pool;
        }

        BufferPool pool() {
            return pool;
        }
    }

    private static byte[] flushed(boolean gzip) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            DeflaterOutputStream out = gzip
                    ? new GZIPOutputStream(bytes, true)
                    : new DeflaterOutputStream(bytes, new Deflater(), 512, true);
            out.write("hello\n".getBytes(StandardCharsets.US_ASCII));
            out.flush();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return bytes.toByteArray();
    }

    private Feed feed(byte[] bytes, int cut, Flux<PooledBuffer> then) {
        return new Feed(Flux.concat(Cuts.every(pool, bytes, cut).flux(), then), pool);
    }

    @ParameterizedTest
    @EnumSource
    void comesOutAtOnce(Live live) {
        for (int cut : new int[] {1, 5, 1000}) {
            assertThat(live.operator
                            .apply(feed(live.bytes, cut, Flux.never()))
                            .decode(StandardCharsets.UTF_8)
                            .scan(String::concat)
                            .filter("hello\n"::equals)
                            .next()
                            .block(LIMIT))
                    .isEqualTo("hello\n");
            assertThat(live.operator
                            .apply(feed(live.bytes, cut, Flux.never()))
                            .lines(StandardCharsets.UTF_8, 100)
                            .next()
                            .block(LIMIT))
                    .isEqualTo("hello");
        }
    }

    @Test
    void afterAWaitForDemandToo() {
        StepVerifier.create(feed(flushed(true), 1000, Flux.never()).gunzip().map(FluxTest::text), 0)
                .expectSubscription()
                .thenRequest(1)
                .expectNext("hello\n")
                .thenCancel()
                .verify();
    }

    /** Each message of a feed comes when it was sent, and pins little memory. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void everyMessageOfAFeedComesByItself(boolean gzip) throws IOException {
        TestPublisher<PooledBuffer> sent = TestPublisher.create();
        List<String> received = new ArrayList<>();
        BufferFlux feed = BufferFlux.from(sent.flux());
        Flux<String> lines = (gzip
                        ? feed.gzip(6, Flush.EACH_BUFFER).gunzip()
                        : feed.deflate(1, Flush.EACH_BUFFER).inflate())
                .peek(buffer -> assertThat(buffer.capacity()).isLessThanOrEqualTo(4096))
                .lines(StandardCharsets.UTF_8, 1000);
        reactor.core.Disposable reading = lines.subscribe(received::add);
        for (int i = 0; i < 400; i++) {
            sent.next(buffer("message " + i + ": " + "x".repeat(i % 90) + "\n"));
            assertThat(received).hasSize(i + 1);
        }
        sent.complete();
        assertThat(received.get(399)).startsWith("message 399: ");
        reading.dispose();
    }

    /** One write of several buffers' worth at the boundaries of chunks. */
    @Test
    void aFlushMayFillChunksExactly() {
        for (int size : new int[] {1018, 1019, 1020, 1021, 1022, 1023, 1024, 1025, 5119, 5120, 5121}) {
            byte[] noise = content(size);
            BufferFlux three =
                    Cuts.every(pool, Gzip.concat(noise, noise, noise), size).flux();
            byte[] back = three.gzip(0, Flush.EACH_BUFFER)
                    .gunzip()
                    .join(1 << 20)
                    .map(FluxTest::bytes)
                    .block(LIMIT);
            assertThat(back).isEqualTo(Gzip.concat(noise, noise, noise));
        }
    }

    @Test
    void withoutAFlushTheOutputIsAsItWas() throws IOException {
        byte[] content = content(100_000);
        byte[] compressed = Cuts.every(pool, content, 1000)
                .flux()
                .gzip()
                .join(1 << 20)
                .map(FluxTest::bytes)
                .block(LIMIT);
        assertThat(Gzip.gunzip(compressed)).isEqualTo(content);
        assertThat(compressed.length).isLessThan(100_100);
    }

    /** The source of a file has more at hand: so its chunks are full. */
    @Test
    void ofAFileChunksAreFull() throws IOException {
        byte[] content = new byte[600_000];
        for (int i = 0; i < content.length; i++) {
            content[i] = (byte) (i * 31 >> 7);
        }
        Path file = Files.write(dir.resolve("file.gz"), Gzip.gzip(content));
        List<Integer> lengths = BufferFlux.read(file, pool, 100)
                .gunzip()
                .consume(PooledBuffer::length)
                .collectList()
                .block(LIMIT);
        assertThat(lengths).startsWith(1024, 4096, 16384, 65536, 65536).hasSizeLessThan(13);
    }

    @Test
    void anErrorOfTheSourceComesAfterWhatWasUncompressed() {
        BufferFlux failing = feed(flushed(true), 1000, Flux.error(new IOException("gone")));
        StepVerifier.create(failing.gunzip().map(FluxTest::text))
                .expectNext("hello\n")
                .verifyErrorMessage("gone");
    }

    @Test
    void nothingWaitsInAnEmptyFeed() {
        StepVerifier.create(BufferFlux.from(Mono.<PooledBuffer>never()).gunzip())
                .expectSubscription()
                .then(() -> assertThat(pool.stats().totalAcquisitions()).isZero())
                .thenCancel()
                .verify();
    }
}
