package dev.sluice.samples.demandcurve;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.zip.CRC32C;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The readers that are at work: real subscriptions, each of which reads a file again and again, requests as many buffers
 * as its shift says, holds each for a while and releases it. Who leaves cancels, in the midst of reading.
 */
final class Traffic implements AutoCloseable {

    private final BufferPool pool;
    private final Path file;
    private final Random random;
    private final Map<Shift, Deque<Disposable>> atWork = new LinkedHashMap<>();
    private final LongAdder bytesRead = new LongAdder();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    Traffic(BufferPool pool, Path file, long seed) {
        this.pool = pool;
        this.file = file;
        this.random = new Random(seed);
        Day.SHIFTS.forEach(shift -> atWork.put(shift, new ArrayDeque<>()));
    }

    /** Lets readers leave and come until there are as many as there should be at this hour. */
    void follow(double hour) {
        atWork.forEach((shift, readers) -> {
            while (readers.size() > shift.readersAt(hour)) {
                readers.remove().dispose();
            }
        });
        atWork.forEach((shift, readers) -> {
            while (readers.size() < shift.readersAt(hour)) {
                readers.add(reader(shift, new Random(random.nextLong())));
            }
        });
    }

    private Disposable reader(Shift shift, Random own) {
        return BufferFlux.read(file, pool, shift.chunkBytes())
                .consumeMany(buffer -> held(buffer, holdOf(shift, own)), shift.window())
                .repeat()
                .subscribe(bytesRead::add, this::failed);
    }

    /** Looks at the content at once, then keeps the buffer for a while, as whoever sends it to a slow peer does. */
    private static Flux<Integer> held(PooledBuffer buffer, Duration hold) {
        CRC32C checksum = new CRC32C();
        checksum.update(buffer.readOnlyBuffer());
        return Mono.delay(hold).thenReturn(buffer.length()).flux();
    }

    /** From half of what the shift says to one and a half times that. */
    private static Duration holdOf(Shift shift, Random own) {
        return Duration.ofNanos((long) (shift.hold().toNanos() * (0.5 + own.nextDouble())));
    }

    private void failed(Throwable error) {
        failure.compareAndSet(null, error);
    }

    int readers() {
        return atWork.values().stream().mapToInt(Deque::size).sum();
    }

    long bytesRead() {
        return bytesRead.sum();
    }

    /** What ended a reader that should have gone on; null if nothing did. */
    Throwable failure() {
        return failure.get();
    }

    /** Sends everybody home. */
    @Override
    public void close() {
        atWork.values().forEach(readers -> {
            readers.forEach(Disposable::dispose);
            readers.clear();
        });
    }
}
