package dev.sluice.docs;

import dev.sluice.BufferPool;
import dev.sluice.LeakDetection;
import dev.sluice.LeakReport;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import reactor.core.publisher.Flux;

/** The code of {@code docs/leaks.md}. */
final class LeaksSnippets {

    private LeaksSnippets() {}

    static void level(BufferPool pool) {
        // tag::level
        pool.setLeakDetection(LeakDetection.EVERY); // from now on, and back again later
        // end::level
    }

    static BufferPool onLeak(Consumer<LeakReport> alarm) {
        // tag::onLeak
        BufferPool pool = BufferPool.builder()
                .name("uploads")
                .maxBytes(1 << 20)
                .leakDetection(LeakDetection.EVERY)
                .onLeak(alarm)
                .build();
        // end::onLeak
        return pool;
    }

    static void touch(PooledBuffer buffer, Queue<PooledBuffer> parser) {
        // tag::touch
        parser.add(buffer.touch("queued for the parser"));
        // end::touch
    }

    /** A lease that nobody keeps. */
    static void forget(BufferPool pool, Queue<PooledBuffer> parser) {
        PooledBuffer frame = pool.acquire(4_000);
        touch(frame, parser);
    }

    static Flux<Integer> checkpoint(Path file, BufferPool pool) {
        // tag::checkpoint
        Flux<Integer> lengths = BufferFlux.read(file, pool)
                .checkpoint("upload body")
                .map(buffer -> {
                    int length = parse(buffer); // throws, and nobody releases the buffer
                    buffer.release();
                    return length;
                });
        // end::checkpoint
        return lengths;
    }

    static Flux<Integer> consumed(Path file, BufferPool pool) {
        // tag::consumed
        Flux<Integer> lengths = BufferFlux.read(file, pool).consume(LeaksSnippets::parse);
        // end::consumed
        return lengths;
    }

    static Flux<PooledBuffer> inTime(BufferFlux flux) {
        // tag::inTime
        BufferFlux inTime = flux.orTimeout(Duration.ofSeconds(5)); // timeout drops what comes too late
        // end::inTime
        return inTime;
    }

    static void kept(AtomicReference<PooledBuffer> last, PooledBuffer buffer) {
        // tag::kept
        PooledBuffer before = last.getAndSet(buffer); // set alone would forget the former one
        if (before != null) {
            before.release();
        }
        // end::kept
    }

    static int shared(PooledBuffer buffer) {
        // tag::shared
        try (buffer;
                PooledBuffer header = buffer.slice(0, 16)) { // a lease of its own: released of its own
            return header.byteBuffer().getInt(0);
        }
        // end::shared
    }

    static void dump(BufferPool pool, Consumer<String> out) {
        // tag::dump
        out.accept(pool.dump().toString());
        // end::dump
    }

    private static int parse(PooledBuffer buffer) {
        if (buffer.byteBuffer().get(0) == 0) {
            throw new IllegalArgumentException("an empty record");
        }
        return buffer.length();
    }
}
