package dev.sluice.docs;

import dev.sluice.BufferPool;
import dev.sluice.BufferPoolBuilder;
import dev.sluice.PoolEvent;
import dev.sluice.PoolEvent.Waited.End;
import dev.sluice.PoolListener;
import dev.sluice.PooledBuffer;
import dev.sluice.testing.VirtualPoolClock;
import java.io.IOException;
import java.nio.file.Path;
import java.text.ParseException;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.LongAdder;
import jdk.jfr.Configuration;
import jdk.jfr.Recording;

/** The code of {@code docs/events.md}. */
final class EventsSnippets {

    private EventsSnippets() {}

    static BufferPool listener(BufferPoolBuilder builder, LongAdder late) {
        // tag::listener
        BufferPool pool = builder.listener(new PoolListener() {
                    @Override
                    public void waited(PoolEvent.Waited event) {
                        if (event.end() == End.TIMED_OUT) {
                            late.increment();
                        }
                    }
                })
                .build();
        // end::listener
        return pool;
    }

    static void everything(BufferPool pool, Queue<String> log, Runnable work) {
        // tag::everything
        PoolListener all = new PoolListener() {
            @Override
            public void event(PoolEvent event) {
                log.add(event.toString());
            }
        };
        try (PoolListener.Registration registration = pool.addListener(all)) {
            work.run();
        }
        // end::everything
    }

    /** What the outputs on the page come from. */
    static void scene(BufferPool pool, VirtualPoolClock clock) {
        // tag::scene
        PooledBuffer all = pool.acquire(1 << 20); // all that the budget has
        CompletableFuture<PooledBuffer> late = pool.request(65_536, Duration.ofSeconds(2));
        clock.advance(Duration.ofSeconds(2));
        CompletableFuture<PooledBuffer> patient = pool.request(65_536);
        boolean refused = pool.tryAcquire(65_536).isEmpty();
        clock.advance(Duration.ofMillis(500));
        all.release();
        patient.join().release();
        pool.shrink();
        // end::scene
        if (!refused || !late.isCompletedExceptionally()) {
            throw new IllegalStateException("the scene went otherwise");
        }
    }

    static void recording(Path file, Path settings, Runnable work) throws IOException, ParseException {
        // tag::recording
        try (Recording recording = new Recording(Configuration.create(settings))) {
            recording.start();
            work.run();
            recording.stop();
            recording.dump(file);
        }
        // end::recording
    }
}
