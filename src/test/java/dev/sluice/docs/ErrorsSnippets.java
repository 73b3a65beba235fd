package dev.sluice.docs;

import dev.sluice.BudgetTooSmallException;
import dev.sluice.BufferPool;
import dev.sluice.BufferPoolException;
import dev.sluice.BufferReleasedException;
import dev.sluice.InvalidSizeException;
import dev.sluice.PoolClosedException;
import dev.sluice.PoolConfigException;
import dev.sluice.PoolExhaustedException;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.FileTruncatedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import reactor.core.publisher.Mono;

/** The code of {@code docs/errors.md}. */
final class ErrorsSnippets {

    private ErrorsSnippets() {}

    static String numbers(BufferPool pool) {
        String text;
        // tag::numbers
        try (PooledBuffer buffer = pool.acquire(64 << 10)) {
            text = "got " + buffer.capacity();
        } catch (PoolExhaustedException e) {
            text = "asked for %,d; in use %,d, idle %,d, limit %,d, waiting %,d"
                    .formatted(e.requestedBytes(), e.bytesInUse(), e.idleBytes(), e.limitBytes(), e.pending());
        }
        // end::numbers
        return text;
    }

    // tag::status
    static int statusOf(BufferPoolException error) {
        if (error instanceof InvalidSizeException) {
            return 413; // never possible
        }
        if (error instanceof PoolExhaustedException || error instanceof PoolClosedException) {
            return 503; // not possible now
        }
        if (error instanceof BudgetTooSmallException) {
            return 500; // a mistake in the configuration
        }
        if (error instanceof BufferReleasedException || error instanceof PoolConfigException) {
            return 500; // a mistake in the program
        }
        throw new AssertionError(error);
    }
    // end::status

    static CompletableFuture<String> ofAFuture(BufferPool pool) {
        // tag::ofAFuture
        CompletableFuture<String> answer = pool.request(64 << 10)
                .thenApply(buffer -> {
                    try (buffer) {
                        return "got " + buffer.capacity();
                    }
                })
                .exceptionally(e -> "failed: " + e.getCause().getMessage());
        // end::ofAFuture
        return answer;
    }

    static Mono<Long> ofAPipeline(Path file, BufferPool pool) {
        // tag::ofAPipeline
        Mono<Long> bytes = BufferFlux.read(file, pool)
                .consume(buffer -> (long) buffer.length())
                .reduce(0L, Long::sum)
                .onErrorResume(NoSuchFileException.class, e -> Mono.just(0L))
                .onErrorResume(FileTruncatedException.class, e -> Mono.just(e.offset()));
        // end::ofAPipeline
        return bytes;
    }
}
