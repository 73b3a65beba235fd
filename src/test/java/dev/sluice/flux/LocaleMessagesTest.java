package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteOrder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.Exceptions;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Every kind of message of this package where the default locale has digits of its own. */
class LocaleMessagesTest extends FluxTest {

    private final Locale before = Locale.getDefault();
    private final Map<String, Callable<?>> calls = new LinkedHashMap<>();

    @BeforeEach
    void arabicDigits() {
        Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
        assertThat(String.format("%,d", 1234))
                .as("this locale has its own digits")
                .isNotEqualTo("1,234");
    }

    @AfterEach
    void restore() {
        Locale.setDefault(before);
    }

    @Test
    void everyMessageHasAsciiDigits() throws IOException {
        BufferFlux bytes = BufferFlux.read(ByteSources.bytes(new byte[5000]).chunkSize(1000), pool);
        Path file = file(3 << 20);
        calls.put("asString", () -> bytes.asString(StandardCharsets.UTF_8, 1000).block());
        calls.put("join", () -> bytes.join(1000).block());
        calls.put("split", () -> bytes.split(new byte[1000], 1000).blockLast());
        calls.put("lines", () -> bytes.lines(StandardCharsets.UTF_8, 1000).blockLast());
        calls.put("gunzip", () -> bytes.gunzip().blockLast());
        calls.put("inflate", () -> bytes.inflate().blockLast());
        calls.put(
                "lengthPrefixed",
                () -> Cuts.every(pool, new byte[] {9, 9, 9, 9}, 4)
                        .flux()
                        .lengthPrefixed(4, ByteOrder.BIG_ENDIAN, 1000)
                        .blockLast());
        calls.put(
                "decode",
                () -> BufferFlux.read(
                                ByteSources.bytes(new byte[] {(byte) 0xff}).chunkSize(10), pool)
                        .decode(StandardCharsets.UTF_8, CodingErrorAction.REPORT)
                        .blockLast());
        calls.put(
                "cacheBytes",
                () -> bytes.cacheBytes(1000).consume(PooledBuffer::length).blockLast());
        calls.put(
                "truncated",
                () -> BufferFlux.read(file, pool, 1 << 20)
                        .consume(buffer -> write(file))
                        .blockLast());
        calls.put(
                "orTimeout",
                () -> BufferFlux.from(bytes.concatWith(Mono.never()))
                        .orTimeout(Duration.ofMillis(50))
                        .consume(PooledBuffer::length)
                        .blockLast());
        calls.put("chunk size", () -> BufferFlux.read(file, pool, -5000));
        calls.put("prefetch", () -> bytes.emitOn(Schedulers.parallel(), -3000));
        calls.put("level", () -> bytes.gzip(1234));
        calls.put(
                "poll",
                () -> BufferFlux.read(
                        ByteSources.follow(file, Duration.ofSeconds(-1234)).chunkSize(10), pool));
        calls.put(
                "range",
                () -> BufferFlux.read(ByteSources.range(file, -1234, 10).chunkSize(10), pool));
        calls.put("field", () -> bytes.lengthPrefixed(1234, ByteOrder.BIG_ENDIAN, 1));
        calls.put("progress", () -> bytes.progress(Progress.every(Duration.ofSeconds(-1234)), report -> {}));
        calls.put("mergeBuffers", () -> BufferFlux.mergeBuffers(java.util.List.of(), -1234));
        calls.put("the name of a source", () -> {
            throw new IOException(bytes + " 1");
        });
        calls.put("the name of a range", () -> {
            throw new IOException(
                    BufferFlux.read(ByteSources.range(file, 1234, 56789).chunkSize(10), pool)
                            .toString());
        });
        calls.put(
                "the channel",
                () -> bytes.writeTo(ByteSinks.channel(new java.nio.channels.WritableByteChannel() {
                            @Override
                            public int write(java.nio.ByteBuffer from) {
                                return 0;
                            }

                            @Override
                            public boolean isOpen() {
                                return true;
                            }

                            @Override
                            public void close() {}
                        }))
                        .block());
        calls.put(
                "tee",
                () -> Flux.range(0, 1)
                        .flatMap(i -> bytes.tee(-1234, TeePolicy.SLOWEST))
                        .blockLast());
        calls.forEach((name, call) -> assertThat(messageOf(call))
                .as(name)
                .matches(text -> text.chars().allMatch(each -> each < 128), "is ASCII")
                .matches(text -> text.chars().anyMatch(Character::isDigit), "has a number"));
    }

    private static String messageOf(Callable<?> call) {
        try {
            return "no error: " + call.call();
        } catch (Throwable e) {
            return String.valueOf(Exceptions.unwrap(e).getMessage());
        }
    }

    private static Path write(Path file) {
        try {
            return Files.write(file, new byte[1000]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
