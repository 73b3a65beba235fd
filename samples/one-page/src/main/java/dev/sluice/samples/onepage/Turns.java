package dev.sluice.samples.onepage;

import dev.sluice.BufferPool;
import dev.sluice.flux.BufferMono;
import java.time.Duration;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A thousand tasks want a buffer each, and there are eight: each waits its turn, and no thread waits with it. */
final class Turns {

    private static final int TASKS = 1_000;
    private static final Duration WORK = Duration.ofMillis(5);

    private Turns() {}

    public static void main(String[] arguments) {
        try (BufferPool pool = BufferPool.withMaxBuffers(8)) {
            Long done = Flux.range(0, TASKS)
                    .flatMap(
                            task -> Mono.from(BufferMono.acquire(pool, 4_096))
                                    .delayElement(WORK)
                                    .map(buffer -> {
                                        try (buffer) {
                                            return buffer.byteBuffer()
                                                    .putInt(0, task)
                                                    .getInt(0);
                                        }
                                    }),
                            TASKS)
                    .count()
                    .block();
            System.out.println(done + " tasks, at most " + pool.stats().peakAllocation() + " buffers at a time");
        }
    }
}
