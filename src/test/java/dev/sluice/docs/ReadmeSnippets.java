package dev.sluice.docs;

import dev.sluice.BufferPool;
import dev.sluice.PoolStats;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.BufferMono;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The code of {@code README.md}. */
final class ReadmeSnippets {

    private ReadmeSnippets() {}

    static Mono<Long> count(List<Path> files) {
        // tag::count
        BufferPool pool = BufferPool.builder().maxBytes(32L << 20).build(); // 32 MiB, in use and idle together

        Mono<Long> newlines = Flux.fromIterable(files)
                .flatMap(file -> BufferFlux.read(file, pool) // takes a buffer when one is asked for
                        .consume(buffer -> newlinesIn(buffer.readOnlyBuffer()))) // and has it back after this
                .reduce(0L, Long::sum);
        // end::count
        return newlines;
    }

    private static long newlinesIn(ByteBuffer content) {
        long newlines = 0;
        while (content.hasRemaining()) {
            newlines += content.get() == '\n' ? 1 : 0;
        }
        return newlines;
    }

    static Mono<Long> copy(Path source, Path target, BufferPool pool) {
        // tag::copy
        Mono<Long> copied = BufferFlux.read(source, pool).writeTo(target); // whole, or not at all
        // end::copy
        return copied;
    }

    static Flux<String> turn(BufferPool pool) {
        // tag::turn
        Flux<String> answer = BufferFlux.from(BufferMono.acquire(pool, 8192)) // waits its turn, without a thread
                .consume(buffer -> greetingIn(buffer.byteBuffer()));
        // end::turn
        return answer;
    }

    private static String greetingIn(ByteBuffer scratch) {
        return "hello from %,d bytes".formatted(scratch.remaining());
    }

    static PoolStats byHand(BufferPool pool) {
        // tag::byHand
        try (PooledBuffer buffer = pool.acquire(8192)) {
            buffer.byteBuffer().putLong(0, System.nanoTime());
        }
        PoolStats stats = pool.stats(); // 0 in use, 1 idle
        // end::byHand
        return stats;
    }
}
