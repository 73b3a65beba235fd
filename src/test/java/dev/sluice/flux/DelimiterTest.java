package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** {@code joinWith}, {@code suffixEach}, {@code peek} and {@code withDigest}. */
class DelimiterTest extends FluxTest {

    private static final byte[] COMMA = ", ".getBytes(StandardCharsets.US_ASCII);

    private String joined(String... records) {
        return BufferFlux.from(buffers(records))
                .joinWith(COMMA)
                .asString(StandardCharsets.UTF_8, 100)
                .block(LIMIT);
    }

    private String suffixed(String... records) {
        return BufferFlux.from(buffers(records))
                .suffixEach(COMMA)
                .asString(StandardCharsets.UTF_8, 100)
                .block(LIMIT);
    }

    @Test
    void delimitersStandBetweenRecords() {
        assertThat(joined()).isEmpty();
        assertThat(joined("a")).isEqualTo("a");
        assertThat(joined("a", "b", "c")).isEqualTo("a, b, c");
        assertThat(joined("", "", "")).isEqualTo(", , ");
    }

    @Test
    void aSuffixFollowsEachRecord() {
        assertThat(suffixed()).isEmpty();
        assertThat(suffixed("a")).isEqualTo("a, ");
        assertThat(suffixed("a", "", "c")).isEqualTo("a, , c, ");
    }

    @Test
    void whatWasSplitIsPutTogetherAgain() {
        String text = "one\n\ntwo\nthree";
        assertThat(BufferFlux.read(
                                ByteSources.text(text, StandardCharsets.UTF_8).chunkSize(3), pool)
                        .split(new byte[] {'\n'}, 100)
                        .joinWith(new byte[] {'\n'})
                        .asString(StandardCharsets.UTF_8, 100)
                        .block(LIMIT))
                .isEqualTo(text);
    }

    @Test
    void takesOnlyWhatIsRequested() {
        StepVerifier.create(BufferFlux.from(buffers("a", "b")).suffixEach(COMMA).map(FluxTest::text), 1)
                .expectNext("a")
                .then(() -> assertThat(pool.stats().buffersInUse()).isZero())
                .thenRequest(1)
                .expectNext(", ")
                .thenRequest(2)
                .expectNext("b", ", ")
                .verifyComplete();
    }

    @Test
    void waitsForTheMemoryOfADelimiter() {
        try (BufferPool one =
                BufferPool.builder().maxBuffersPerSize(1).maxBytes(1 << 20).build()) {
            Flux<PooledBuffer> records = Flux.range(0, 3).map(i -> one.acquire(300));
            assertThat(BufferFlux.from(records)
                            .joinWith(new byte[10])
                            .consume(PooledBuffer::length)
                            .collectList()
                            .block(LIMIT))
                    .containsExactly(300, 10, 300, 10, 300);
        }
    }

    @Test
    void anEmptyDelimiterIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BufferFlux.from(buffers()).joinWith(new byte[0]))
                .withMessage("the length of a delimiter must be at least 1, not 0");
    }

    @Test
    void peekSeesTheBytesThatPass() {
        List<String> seen = new ArrayList<>();
        assertThat(BufferFlux.from(buffers("a", "b"))
                        .peek(buffer -> seen.add(buffer.toString(StandardCharsets.UTF_8)))
                        .asString(StandardCharsets.UTF_8, 10)
                        .block(LIMIT))
                .isEqualTo("ab");
        assertThat(seen).containsExactly("a", "b");
    }

    @Test
    void peekThatThrowsReleases() {
        StepVerifier.create(BufferFlux.from(buffers("a", "b")).peek(buffer -> {
                    throw new AssertionError("no");
                }))
                .verifyErrorMessage("no");
    }

    @Test
    void writesDigestsAndCountsAtOnce() throws Exception {
        Path target = dir.resolve("target");
        Digested<Long> written = BufferFlux.read(file(100_000), pool, 1000)
                .withDigest("SHA-256", bytes -> bytes.writeTo(target))
                .block(LIMIT);
        assertThat(written.result()).isEqualTo(100_000);
        assertThat(written.bytes()).isEqualTo(100_000);
        assertThat(written.buffers()).isEqualTo(100);
        byte[] expected = MessageDigest.getInstance("SHA-256").digest(content(100_000));
        assertThat(written.digest()).isEqualTo(expected);
        assertThat(written.hex()).isEqualTo(HexFormat.of().formatHex(expected));
        assertThat(written).hasToString(written.hex() + " of 100,000 bytes: 100000");
    }

    @Test
    void aSinkThatTriesAgainStartsAnew() {
        AtomicInteger tries = new AtomicInteger();
        Digested<String> result = BufferFlux.from(buffers("a", "b"))
                .withDigest(
                        "MD5",
                        bytes -> bytes.asString(StandardCharsets.UTF_8, 10)
                                .flatMap(text -> tries.incrementAndGet() < 3
                                        ? Mono.<String>error(new IOException("again"))
                                        : Mono.just(text))
                                .retry(5))
                .block(LIMIT);
        assertThat(result.result()).isEqualTo("ab");
        assertThat(result.hex()).isEqualTo("187ef4436122d1cc2f40dc2b92f0eba0");
        assertThat(result.bytes()).isEqualTo(2);
    }

    @Test
    void anUnknownDigestIsRefusedAtAssembly() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BufferFlux.from(buffers()).withDigest("SHA-7", bytes -> bytes.join(1)))
                .withMessage("this JVM has no digest called SHA-7");
    }
}
