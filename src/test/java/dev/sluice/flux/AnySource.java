package dev.sluice.flux;

import dev.sluice.BufferPool;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ForkJoinPool;
import reactor.core.publisher.Flux;

/** Every source, to be opened over some content. */
enum AnySource {
    FILE {
        @Override
        BufferFlux over(byte[] content, Path dir, BufferPool pool, int chunk) {
            return BufferFlux.read(write(dir, content), pool, chunk);
        }
    },
    RANGE {
        @Override
        BufferFlux over(byte[] content, Path dir, BufferPool pool, int chunk) {
            byte[] framed = new byte[content.length + 20];
            System.arraycopy(content, 0, framed, 7, content.length);
            return BufferFlux.readRange(write(dir, framed), pool, chunk, 7, content.length);
        }
    },
    FOLLOWED {
        @Override
        BufferFlux over(byte[] content, Path dir, BufferPool pool, int chunk) {
            return BufferFlux.follow(write(dir, content), pool, chunk, Duration.ofMillis(1))
                    .takeBytes(content.length);
        }
    },
    STREAM {
        @Override
        BufferFlux over(byte[] content, Path dir, BufferPool pool, int chunk) {
            return BufferFlux.readInputStream(() -> new ByteArrayInputStream(content), pool, chunk);
        }
    },
    CHANNEL {
        @Override
        BufferFlux over(byte[] content, Path dir, BufferPool pool, int chunk) {
            return BufferFlux.readByteChannel(
                    () -> Channels.newChannel(new ByteArrayInputStream(content)), pool, chunk);
        }
    },
    ASYNCHRONOUS_CHANNEL {
        @Override
        BufferFlux over(byte[] content, Path dir, BufferPool pool, int chunk) {
            return BufferFlux.readAsynchronousByteChannel(
                    () -> AsynchronousFake.reading(content, 1000, ForkJoinPool.commonPool()), pool, chunk);
        }
    },
    ASYNCHRONOUS_CHANNEL_AT_ONCE {
        @Override
        BufferFlux over(byte[] content, Path dir, BufferPool pool, int chunk) {
            return BufferFlux.readAsynchronousByteChannel(
                    () -> AsynchronousFake.reading(content, 1000, Runnable::run), pool, chunk);
        }
    },
    BYTES {
        @Override
        BufferFlux over(byte[] content, Path dir, BufferPool pool, int chunk) {
            return BufferFlux.fromBytes(content, pool, chunk);
        }
    },
    STRING {
        @Override
        BufferFlux over(byte[] content, Path dir, BufferPool pool, int chunk) {
            String text = new String(content, StandardCharsets.ISO_8859_1);
            return BufferFlux.fromString(text, StandardCharsets.ISO_8859_1, pool, chunk);
        }
    },
    BYTE_BUFFERS {
        @Override
        BufferFlux over(byte[] content, Path dir, BufferPool pool, int chunk) {
            return BufferFlux.fromByteBuffers(
                    Flux.range(0, (content.length + 699) / 700)
                            .map(i -> ByteBuffer.wrap(content, i * 700, Math.min(700, content.length - i * 700))),
                    pool,
                    chunk);
        }
    };

    abstract BufferFlux over(byte[] content, Path dir, BufferPool pool, int chunk);

    /** One that fails before anything is requested; null for what cannot. */
    BufferFlux failing(Path dir, BufferPool pool) {
        Path missing = dir.resolve("missing");
        return switch (this) {
            case FILE -> BufferFlux.read(missing, pool, 1);
            case RANGE -> BufferFlux.readRange(missing, pool, 1, 0, 1);
            case FOLLOWED -> BufferFlux.follow(missing, pool, 1, Duration.ofMillis(1));
            case STREAM -> BufferFlux.readInputStream(() -> Files.newInputStream(missing), pool, 1);
            case CHANNEL -> BufferFlux.readByteChannel(() -> Files.newByteChannel(missing), pool, 1);
            case ASYNCHRONOUS_CHANNEL, ASYNCHRONOUS_CHANNEL_AT_ONCE ->
                BufferFlux.readAsynchronousByteChannel(
                        () -> {
                            throw new IOException("cannot be opened");
                        },
                        pool,
                        1);
            case BYTES, STRING, BYTE_BUFFERS -> null;
        };
    }

    private static Path write(Path dir, byte[] content) {
        try {
            return Files.write(dir.resolve("content-" + content.length), content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
