package dev.sluice.docs;

import dev.sluice.BufferPool;
import dev.sluice.PoolStats;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * A program, not a test: prints second by second what becomes of 512 MiB after a burst. Its output is in {@code
 * docs/memory.md}. Needs Linux. With an argument, the pool frees at once.
 */
final class BurstTimeline {

    private static final int BUFFERS = 8_192;
    private static final int LAST_SECOND = 16;
    private static final int PAGE_BYTES = 4_096;

    private BurstTimeline() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        BufferPool pool = BufferPool.builder()
                .maxBytes(1L << 30)
                .unsafeFree(args.length > 0)
                .build();
        System.out.printf("%-8s %10s %10s %14s%n", "second", "buffers", "idle MiB", "resident MiB");
        print("before", pool);
        MemorySnippets.burst(pool, BUFFERS);
        long start = System.nanoTime();
        for (int second = 0; second <= LAST_SECOND; second++) {
            // Between two looks of the pool.
            long dueMillis = TimeUnit.SECONDS.toMillis(second) + 500;
            TimeUnit.NANOSECONDS.sleep(start + TimeUnit.MILLISECONDS.toNanos(dueMillis) - System.nanoTime());
            print(second + ".5", pool);
        }
        System.gc();
        TimeUnit.SECONDS.sleep(1);
        print("after GC", pool);
    }

    private static void print(String when, BufferPool pool) throws IOException {
        PoolStats stats = pool.stats();
        System.out.printf(
                "%-8s %,10d %,10d %,14d%n",
                when, stats.totalAllocated(), stats.idleBytes() >> 20, residentBytes() >> 20);
    }

    private static long residentBytes() throws IOException {
        String pages = Files.readString(Path.of("/proc/self/statm")).split(" ")[1];
        return Long.parseLong(pages) * PAGE_BYTES;
    }
}
