package dev.sluice.fuzz;

import dev.sluice.BufferPool;
import dev.sluice.BufferPoolException;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.ByteStreamException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.reactivestreams.Publisher;
import reactor.core.Exceptions;
import reactor.core.publisher.Flux;

/**
 * One operator over a stream of bytes. The first bytes of an input say how the rest is cut, what the limit is, and how
 * much is asked for at a time.
 */
abstract class FuzzStream implements FuzzTarget {

    private static final int HEAD = 4;
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final BufferPool pool =
            BufferPool.builder().name("fuzz").direct(false).maxBytes(1 << 20).build();

    /** What an input says about how it is to be read. */
    record Settings(int chunk, int limit, int ask, int choice) {}

    /** The operator, and a sink that releases what it gives. */
    abstract Publisher<?> read(BufferFlux bytes, Settings settings);

    /** Chunks of 64 bytes, a limit of 64 KiB, all at once, the first choice. */
    static byte[] seed(byte[]... parts) {
        ByteArrayOutputStream seed = new ByteArrayOutputStream();
        seed.writeBytes(new byte[] {63, 16, 0, 0});
        Stream.of(parts).forEach(seed::writeBytes);
        return seed.toByteArray();
    }

    static byte[] seed(int choice, byte[]... parts) {
        byte[] seed = seed(parts);
        seed[3] = (byte) choice;
        return seed;
    }

    @Override
    public final void accept(byte[] input) {
        byte[] head = Arrays.copyOf(input, HEAD);
        Settings settings = new Settings(1 + (head[0] & 63), 1 << (head[1] & 31) % 20, head[2] & 3, head[3] & 0xFF);
        ByteBuffer rest = ByteBuffer.wrap(input, Math.min(HEAD, input.length), Math.max(0, input.length - HEAD));
        Flux<?> read = Flux.from(read(BufferFlux.from(cut(rest, settings.chunk)), settings));
        try {
            (settings.ask == 0 ? read : read.limitRate(settings.ask)).then().block(PATIENCE);
        } catch (RuntimeException e) {
            Throwable error = Exceptions.unwrap(e);
            if (!(error instanceof ByteStreamException
                    || error instanceof CharacterCodingException
                    || error instanceof BufferPoolException)) {
                throw e;
            }
        }
        if (pool.stats().buffersInUse() != 0 || pool.stats().pending() != 0) {
            throw new AssertionError(String.format(Locale.ROOT, "left: %s", pool.stats()));
        }
    }

    private Flux<PooledBuffer> cut(ByteBuffer bytes, int chunk) {
        return Flux.generate(sink -> {
            if (bytes.hasRemaining()) {
                int length = Math.min(chunk, bytes.remaining());
                PooledBuffer buffer = pool.acquire(length);
                buffer.byteBuffer().put(bytes.slice(bytes.position(), length));
                bytes.position(bytes.position() + length);
                sink.next(buffer);
            } else {
                sink.complete();
            }
        });
    }

    static List<byte[]> ascii(String... texts) {
        return Stream.of(texts)
                .map(text -> text.getBytes(StandardCharsets.ISO_8859_1))
                .toList();
    }
}
