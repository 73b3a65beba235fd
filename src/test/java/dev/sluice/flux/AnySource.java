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
            return BufferFlux.read(
                    ByteSources.range(write(dir, framed), 7, content.length).chunkSize(chunk), pool);
        }
    },
    FOLLOWED {
        @Override
        BufferFlux over(byte[] content, Path dir, BufferPool pool, int chunk) {
            return BufferFlux.read(
                            ByteSources.follow(write(dir, content), Duration.ofMillis(1))
                                    .chunkSize(chunk),
                            pool)
                    .takeBytes(content.length);
        }
    },
    STREAM {
        @Override
        BufferFlux over(byte[] content, Path dir, BufferPool pool, int chunk) {
            return BufferFlux.read(
                    ByteSources.stream(() -> new ByteArrayInputStream(content)).chunkSize(chunk), pool);
        }
    },
    CHANNEL {
        @Override
        BufferFlux over(byte[] content, Path dir, BufferPool pool, int chunk) {
            return BufferFlux.read(
                    ByteSources.channel(() -> Channels.newChannel(new ByteArrayInputStream(content)))
                            .chunkSize(chunk),
                    pool);
        }
    },
    ASYNCHRONOUS_CHANNEL {
        @Override
        BufferFlux over(byte[] content, Path dir, BufferPool pool, int chunk) {
            return BufferFlux.read(
                    ByteSources.asynchronousChannel(
                                    () -> AsynchronousFake.reading(content, 1000, ForkJoinPool.commonPool()))
                            .chunkSize(chunk),
                    pool);
        }
    },
    ASYNCHRONOUS_CHANNEL_AT_ONCE {
        @Override
        BufferFlux over(byte[] content, Path dir, BufferPool pool, int chunk) {
            return BufferFlux.read(
                    ByteSources.asynchronousChannel(() -> AsynchronousFake.reading(content, 1000, Runnable::run))
                            .chunkSize(chunk),
                    pool);
        }
    },
    BYTES {
        @Override
        BufferFlux over(byte[] content, Path dir, BufferPool pool, int chunk) {
            return BufferFlux.read(ByteSources.bytes(content).chunkSize(chunk), pool);
        }
    },
    STRING {
        @Override
        BufferFlux over(byte[] content, Path dir, BufferPool pool, int chunk) {
            String text = new String(content, StandardCharsets.ISO_8859_1);
            return BufferFlux.read(
                    ByteSources.text(text, StandardCharsets.ISO_8859_1).chunkSize(chunk), pool);
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
            case RANGE -> BufferFlux.read(ByteSources.range(missing, 0, 1).chunkSize(1), pool);
            case FOLLOWED ->
                BufferFlux.read(
                        ByteSources.follow(missing, Duration.ofMillis(1)).chunkSize(1), pool);
            case STREAM ->
                BufferFlux.read(
                        ByteSources.stream(() -> Files.newInputStream(missing)).chunkSize(1), pool);
            case CHANNEL ->
                BufferFlux.read(
                        ByteSources.channel(() -> Files.newByteChannel(missing)).chunkSize(1), pool);
            case ASYNCHRONOUS_CHANNEL, ASYNCHRONOUS_CHANNEL_AT_ONCE ->
                BufferFlux.read(
                        ByteSources.asynchronousChannel(() -> {
                                    throw new IOException("cannot be opened");
                                })
                                .chunkSize(1),
                        pool);
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
