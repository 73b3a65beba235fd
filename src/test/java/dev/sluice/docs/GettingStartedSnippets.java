package dev.sluice.docs;

import dev.sluice.BufferPool;
import dev.sluice.BufferPools;
import dev.sluice.LeakDetection;
import dev.sluice.LeakReport;
import dev.sluice.MemoryBudget;
import dev.sluice.PoolExhaustedException;
import dev.sluice.PoolStats;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.BufferMono;
import dev.sluice.flux.WaitPolicy;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** The code of {@code docs/getting-started.md}. */
final class GettingStartedSnippets {

    private GettingStartedSnippets() {}

    static BufferPool firstPool() {
        // tag::firstPool
        BufferPool pool =
                BufferPool.builder().name("uploads").maxBytes(256L << 20).build();
        // end::firstPool
        return pool;
    }

    static List<BufferPool> bounds() {
        // tag::bounds
        BufferPool few = BufferPool.create(); // at most 64 buffers of each size
        BufferPool more = BufferPool.withMaxBuffers(128); // at most 128 of each size
        BufferPool bytes = BufferPool.builder().maxBytes(256L << 20).build(); // 256 MiB over all sizes
        BufferPool both = BufferPool.builder()
                .maxBytes(256L << 20)
                .maxBuffersPerSize(1024)
                .build();
        // end::bounds
        return List.of(few, more, bytes, both);
    }

    static String firstBuffer(BufferPool pool) {
        String text;
        // tag::firstBuffer
        try (PooledBuffer buffer = pool.acquire(8192)) {
            buffer.byteBuffer().put("water".getBytes(StandardCharsets.UTF_8));
            buffer.resize(5); // five of the 8,192 bytes are content
            text = buffer.toString(StandardCharsets.UTF_8);
        }
        // end::firstBuffer
        return text;
    }

    static List<Integer> sharing(BufferPool pool) {
        List<Integer> capacities = new ArrayList<>();
        // tag::sharing
        PooledBuffer frame = pool.acquire(4096);

        PooledBuffer twin = frame.retain(); // a second lease on the same memory
        PooledBuffer header = frame.slice(0, 16); // a lease on a part of it
        PooledBuffer apart = header.copy(); // 16 bytes in a buffer of their own

        frame.release(); // the memory stays: twin and header still hold it
        twin.release();
        header.release(); // now it goes back to the pool
        apart.release();
        // end::sharing
        capacities.add((int) pool.stats().buffersInUse());
        return capacities;
    }

    static String shared() {
        String text;
        // tag::shared
        try (PooledBuffer buffer = BufferPools.acquire(2048)) {
            buffer.byteBuffer().putInt(42);
            text = BufferPools.stats().medium().buffersInUse() + " in use";
        }
        // end::shared
        return text;
    }

    static Mono<Long> firstPipeline(Path file, BufferPool pool) {
        // tag::firstPipeline
        Mono<Long> lines = BufferFlux.read(file, pool)
                .consume(buffer -> lineFeedsIn(buffer.byteBuffer()))
                .reduce(0L, Long::sum);
        // end::firstPipeline
        return lines;
    }

    // tag::lineFeedsIn
    static long lineFeedsIn(ByteBuffer bytes) {
        long count = 0;
        while (bytes.hasRemaining()) {
            count += bytes.get() == '\n' ? 1 : 0;
        }
        return count;
    }
    // end::lineFeedsIn

    static Mono<Long> copyFile(Path from, Path to, BufferPool pool) {
        // tag::copyFile
        Mono<Long> written = BufferFlux.read(from, pool).writeTo(to);
        // end::copyFile
        return written;
    }

    static Flux<String> manyAtOnce(Path file, BufferPool pool) {
        // tag::manyAtOnce
        Flux<String> digests = BufferFlux.read(file, pool, 1 << 20)
                .consumeMany(
                        buffer -> Mono.fromCallable(() -> {
                                    try (PooledBuffer own = buffer.retain()) {
                                        return sha256(own.readOnlyBuffer());
                                    }
                                })
                                .subscribeOn(Schedulers.parallel()),
                        4);
        // end::manyAtOnce
        return digests;
    }

    static String sha256(ByteBuffer bytes) throws NoSuchAlgorithmException {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        digest.update(bytes);
        return HexFormat.of().formatHex(digest.digest());
    }

    static Mono<Long> otherThread(Path file, BufferPool pool) {
        // tag::otherThread
        Flux<PooledBuffer> handedOver = BufferFlux.read(file, pool).publishOn(Schedulers.parallel(), 4);

        Mono<Long> lines = BufferFlux.from(handedOver)
                .consume(buffer -> lineFeedsIn(buffer.byteBuffer()))
                .reduce(0L, Long::sum);
        // end::otherThread
        return lines;
    }

    static Optional<PooledBuffer> atOnce(BufferPool pool) {
        // tag::atOnce
        Optional<PooledBuffer> maybe = pool.tryAcquire(8192);
        // end::atOnce
        return maybe;
    }

    static CompletableFuture<Void> waiting(BufferPool pool, Consumer<ByteBuffer> work) {
        // tag::waiting
        CompletableFuture<PooledBuffer> turn = pool.request(8192, Duration.ofSeconds(2));

        CompletableFuture<Void> done = turn.thenAcceptAsync(buffer -> {
            try (buffer) {
                work.accept(buffer.byteBuffer());
            }
        });
        // end::waiting
        return done;
    }

    static void givingUp(CompletableFuture<PooledBuffer> turn) {
        // tag::givingUp
        if (!turn.cancel(false)) {
            turn.thenAccept(PooledBuffer::release); // too late: the turn came, and its buffer is ours
        }
        // end::givingUp
    }

    static Mono<Integer> waitingInAPipeline(BufferPool pool) {
        // tag::waitingInAPipeline
        Mono<Integer> capacity = BufferFlux.from(BufferMono.acquire(pool, 8192, Duration.ofSeconds(2)))
                .consume(PooledBuffer::capacity)
                .single();
        // end::waitingInAPipeline
        return capacity;
    }

    static MemoryBudget budgets() {
        // tag::budgets
        MemoryBudget process = MemoryBudget.of("process", 1L << 30);
        MemoryBudget gold = process.child("gold", 768L << 20);
        MemoryBudget free = process.child("free", 512L << 20);

        BufferPool goldFiles =
                BufferPool.builder().name("gold files").budget(gold).build();
        BufferPool freeFiles =
                BufferPool.builder().name("free files").budget(free).build();
        BufferPool freeSockets =
                BufferPool.builder().name("free sockets").budget(free).build();
        // end::budgets
        PooledBuffer one = goldFiles.acquire(1000);
        PooledBuffer other = freeFiles.acquire(1000);
        PooledBuffer third = freeSockets.acquire(1000);
        List.of(one, other, third).forEach(PooledBuffer::release);
        return process;
    }

    static List<String> statistics(BufferPool pool) {
        List<String> lines = new ArrayList<>();
        // tag::statistics
        PoolStats stats = pool.stats();
        lines.add("in use %,d of %,d bytes".formatted(stats.bytesInUse(), stats.limitBytes()));
        lines.add("%,d waiting, hit rate %.2f".formatted(stats.pending(), stats.hitRate()));

        for (Map.Entry<Integer, PoolStats> size : pool.statsBySize().entrySet()) {
            lines.add("%,d bytes: %,d buffers"
                    .formatted(size.getKey(), size.getValue().totalAllocated()));
        }

        lines.add("charged %,d, peak %,d"
                .formatted(pool.budget().used(), pool.budget().peak()));
        // end::statistics
        return lines;
    }

    static boolean closing() {
        // tag::closing
        BufferPool pool = BufferPool.create();
        PooledBuffer last = pool.acquire(1024);

        pool.close(); // refuses from now on; idle memory goes at once
        last.byteBuffer().putInt(42); // this lease stays valid
        last.release(); // and its memory goes now
        // end::closing
        return pool.stats().allocatedBytes() == 0;
    }

    static String refusing(BufferPool pool) {
        String answer;
        // tag::refusing
        try (PooledBuffer buffer = pool.acquire(64 << 10)) {
            answer = "200, " + buffer.length() + " bytes";
        } catch (PoolExhaustedException e) {
            answer = "503, %,d bytes in use".formatted(e.bytesInUse());
        }
        // end::refusing
        return answer;
    }

    static Mono<String> refusingAPipeline(BufferPool pool) {
        // tag::refusingAPipeline
        Mono<String> answer = BufferFlux.from(BufferMono.acquire(pool, 64 << 10, Duration.ofMillis(50)))
                .consume(buffer -> "200, " + buffer.length() + " bytes")
                .single()
                .onErrorResume(PoolExhaustedException.class, e -> Mono.just("503, " + e.pending() + " waiting"));
        // end::refusingAPipeline
        return answer;
    }

    static Mono<String> limitingTheWaits(Path path, BufferPool pool) {
        // tag::limitingTheWaits
        Mono<String> digest = BufferFlux.read(path, pool)
                .gzip()
                .waiting(WaitPolicy.atMost(Duration.ofMillis(50)))
                .digest("SHA-256")
                .map(HexFormat.of()::formatHex)
                .onErrorResume(
                        PoolExhaustedException.class, e -> Mono.just("503, " + e.bytesInUse() + " bytes in use"));
        // end::limitingTheWaits
        return digest;
    }

    static ConcurrentLinkedQueue<LeakReport> leaks(Consumer<BufferPool> code) {
        // tag::leaks
        ConcurrentLinkedQueue<LeakReport> leaks = new ConcurrentLinkedQueue<>();
        BufferPool pool = BufferPool.builder()
                .leakDetection(LeakDetection.EVERY)
                .onLeak(leaks::add)
                .build();
        // end::leaks
        code.accept(pool);
        return leaks;
    }
}
