package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.sluice.BufferPool;
import dev.sluice.LeakDetection;
import dev.sluice.PooledBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;

/** At most so many buffers are out below, whatever is requested; and what is lost below is found. */
class InFlightTest extends FluxTest {

    private static final int CHUNK = 1000;

    private final HoldingSubscriber subscriber = new HoldingSubscriber();

    private BufferFlux chunks(int count) {
        return BufferFlux.read(ByteSources.bytes(new byte[count * CHUNK]).chunkSize(CHUNK), pool);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 7, 128, Long.MAX_VALUE})
    void holdsBackWhatIsAboveTheBound(long request) {
        chunks(20).inFlight(3).subscribe(subscriber);
        for (int released = 0; released < 20; released++) {
            subscriber.request(request);
            int most = Math.min(20, released + 3);
            if (request >= 3) {
                eventually(() -> subscriber.received.get() == most, subscriber.received::get);
            } else {
                int least = released + 1;
                eventually(() -> subscriber.received.get() >= least, subscriber.received::get);
            }
            assertThat(pool.stats().buffersInUse()).isLessThanOrEqualTo(3);
            subscriber.held.poll().release();
        }
        subscriber.request(1);
        eventually(subscriber::hasEnded, subscriber.received::get);
        assertThat(subscriber.completions).hasValue(1);
    }

    @Test
    void countsABufferUntilItsLastShareIsReleased() {
        chunks(3).inFlight(1).subscribe(subscriber);
        subscriber.request(Long.MAX_VALUE);
        PooledBuffer first = subscriber.held.poll();
        PooledBuffer share = first.retain();
        PooledBuffer part = first.slice(10, 20);
        first.release();
        share.release();
        assertThat(subscriber.received).hasValue(1);
        part.release();
        eventually(() -> subscriber.received.get() == 2, subscriber.received::get);
        subscriber.releaseAll();
        eventually(() -> subscriber.received.get() == 3, subscriber.received::get);
        subscriber.releaseAll();
    }

    @Test
    void opensForOneWhoCollectsOnlyWhereThatWasSaid() {
        chunks(20).inFlightUnlessCollected(3).subscribe(subscriber);
        subscriber.request(1);
        assertThat(subscriber.received).hasValue(1);
        subscriber.request(Long.MAX_VALUE - 2); // as a library that looked at the first one asks for the rest
        assertThat(subscriber.received).hasValue(20);
        assertThat(subscriber.completions).hasValue(1);
        subscriber.releaseAll();
    }

    @Test
    void bytesAreTheSame() {
        byte[] content = content(100_000);
        assertThat(BufferFlux.read(ByteSources.bytes(content).chunkSize(777), pool)
                        .inFlight(2)
                        .join(1 << 20)
                        .map(joined -> {
                            try (joined) {
                                return joined.toByteArray();
                            }
                        })
                        .block(LIMIT))
                .isEqualTo(content);
    }

    @Test
    void cancellingGivesBackWhatIsNotOut() {
        chunks(20).inFlight(3).subscribe(subscriber);
        subscriber.request(Long.MAX_VALUE);
        subscriber.cancel();
        subscriber.releaseAll();
        assertThat(subscriber.received).hasValue(3);
    }

    @Test
    void asksForTheNextWhereNothingBlocks() {
        AtomicInteger asked = new AtomicInteger();
        StringBuilder threads = new StringBuilder();
        BufferFlux.from(chunks(4).doOnRequest(n -> {
                    asked.addAndGet((int) n);
                    threads.append(Thread.currentThread().getName()).append('\n');
                }))
                .inFlight(2)
                .subscribe(subscriber);
        subscriber.request(4);
        assertThat(asked).hasValue(2);
        subscriber.releaseAll();
        eventually(() -> asked.get() == 4, asked::get);
        assertThat(threads.toString()).contains("parallel");
        eventually(() -> subscriber.received.get() == 4, subscriber.received::get);
        subscriber.releaseAll();
    }

    @Test
    void atLeastOne() {
        assertThatIllegalArgumentException().isThrownBy(() -> chunks(1).inFlight(0));
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 16})
    void whatASubscriberLosesIsFound(int maxInFlight) {
        AtomicInteger reports = new AtomicInteger();
        BufferPool watched = BufferPool.builder()
                .name("watched")
                .maxBytes(1 << 20)
                .leakDetection(LeakDetection.EVERY)
                .onLeak(report -> reports.incrementAndGet())
                .build();
        lose(BufferFlux.read(ByteSources.bytes(new byte[4 * CHUNK]).chunkSize(CHUNK), watched)
                .inFlight(maxInFlight));
        eventually(
                () -> {
                    System.gc();
                    return reports.get() == 4;
                },
                reports::get);
        eventually(() -> watched.stats().buffersInUse() == 0, watched::stats);
        watched.close();
    }

    /** In a frame of its own, so that nothing on this thread's stack refers to the subscriber afterwards. */
    private static void lose(Flux<PooledBuffer> buffers) {
        HoldingSubscriber loses = new HoldingSubscriber();
        buffers.subscribe(loses);
        loses.request(Long.MAX_VALUE);
        assertThat(loses.received).hasValue(4);
    }
}
