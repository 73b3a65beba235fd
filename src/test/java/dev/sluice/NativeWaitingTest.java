package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.PoolEvent.CollectionAsked;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** When a pool asks for a collection: once, in silence, for much memory that only the collector can free. */
class NativeWaitingTest {

    private static final int CHUNK = 64 << 10;
    private static final int MIB = 1 << 20;
    private static final Duration LOOK = Duration.ofSeconds(1);

    /** Enough that a burst of a hundred MiB is gone. */
    private static final int LOOKS = 16;

    private final Heard heard = new Heard();
    private final AtomicInteger asked = new AtomicInteger();
    private boolean refuses;

    private final PoolFixture fixture = fixture(true);
    private final BufferPool pool = fixture.pool;

    /** On every Java: memory that only the collector frees. */
    private PoolFixture fixture(boolean collects) {
        return new PoolFixture(BufferPool.builder()
                .maxBytes(256L << 20)
                .memory((slabBytes, slotBytes) ->
                        new SlabMemory.Direct(NativeBuffer.allocate(slabBytes, false), slotBytes))
                .collectInSilence(collects)
                .collector(() -> {
                    asked.addAndGet(refuses ? 0 : 1);
                    return !refuses;
                })
                .listener(heard));
    }

    @AfterEach
    void nothingIsLeft() {
        fixture.verify();
    }

    /** Dropped memory is kept by views, so that a collection of the JVM's own does not disturb. */
    private static List<ByteBuffer> burst(BufferPool of, int mib) {
        List<PooledBuffer> held = new ArrayList<>();
        List<ByteBuffer> views = new ArrayList<>();
        for (int i = 0; i < mib * (MIB / CHUNK); i++) {
            PooledBuffer buffer = of.acquire(CHUNK);
            views.add(buffer.byteBuffer());
            held.add(buffer);
        }
        PoolFixture.release(held);
        return views;
    }

    @Test
    void asksOnceInSilenceAndSaysSo() {
        List<ByteBuffer> views = burst(pool, 64);
        fixture.clock.advance(LOOK, LOOKS);
        assertThat(asked).hasValue(1);
        assertThat(heard.all(pool, CollectionAsked.class))
                .singleElement()
                .satisfies(event -> assertThat(event.waitingBytes()).isBetween(60L * MIB, 65L * MIB));
        fixture.clock.advance(LOOK, 100);
        assertThat(asked).as("for what a stale view holds").hasValue(1);
        assertThat(fixture.clock.scheduled()).as("looks to come").isZero();
        assertThat(views).hasSize(1_024);
    }

    @Test
    void asksAgainForWhatWasDroppedSince() {
        List<ByteBuffer> views = burst(pool, 64);
        fixture.clock.advance(LOOK, LOOKS);
        views.addAll(burst(pool, 64));
        fixture.clock.advance(LOOK, LOOKS);
        assertThat(asked).hasValue(2);
        assertThat(views).hasSize(2_048);
    }

    @Test
    void asksAfterAClearOfADormantPool() {
        List<ByteBuffer> views = burst(pool, 32);
        pool.clear();
        fixture.clock.advance(LOOK, 2);
        assertThat(asked).hasValue(1);
        assertThat(views).hasSize(512);
    }

    @Test
    void asksAfterTheCloseOfAPool() {
        List<ByteBuffer> views = burst(pool, 32);
        pool.close();
        fixture.clock.advance(LOOK, 2);
        assertThat(asked).hasValue(1);
        assertThat(views).hasSize(512);
    }

    @Test
    void doesNotAskWhileThePoolIsBusy() {
        List<ByteBuffer> views = burst(pool, 64);
        List<PooledBuffer> busy = new ArrayList<>();
        for (int i = 0; i < 20 * (MIB / CHUNK); i++) {
            busy.add(pool.acquire(CHUNK));
        }
        fixture.clock.advance(LOOK, LOOKS);
        assertThat(asked).hasValue(0);
        PoolFixture.release(busy);
        fixture.clock.advance(LOOK, LOOKS);
        assertThat(asked).hasValue(1);
        assertThat(views).hasSize(1_024);
    }

    @Test
    void doesNotAskForLittle() {
        List<ByteBuffer> views = burst(pool, 8);
        fixture.clock.advance(LOOK, LOOKS);
        assertThat(asked).hasValue(0);
        assertThat(views).hasSize(128);
    }

    @Test
    void doesNotAskWhereThatIsSwitchedOff() {
        PoolFixture off = fixture(false);
        List<ByteBuffer> views = burst(off.pool, 64);
        off.clock.advance(LOOK, LOOKS);
        assertThat(asked).hasValue(0);
        assertThat(views).hasSize(1_024);
        off.verify();
    }

    @Test
    void triesAgainWhereItWasRefused() {
        refuses = true;
        List<ByteBuffer> views = burst(pool, 64);
        fixture.clock.advance(LOOK, LOOKS);
        assertThat(heard.all(pool, CollectionAsked.class)).isEmpty();
        refuses = false;
        fixture.clock.advance(LOOK);
        assertThat(asked).hasValue(1);
        assertThat(views).hasSize(1_024);
    }

    @Test
    void doesNotAskForWhatTheCollectorHasFound() throws InterruptedException {
        NativeWaiting waiting = new NativeWaiting(() -> true);
        drop(waiting);
        assertThat(waiting.wantsLook()).isTrue();
        NativeMemoryWatch.await("the collector has found it", () -> waiting.look(0, 0) == 0 && !waiting.wantsLook());
    }

    private static void drop(NativeWaiting waiting) {
        waiting.add(ByteBuffer.allocateDirect(32 * MIB));
    }

    @Test
    void theCollectorOfTheJvmIsAskedOnceAMinute() {
        AtomicInteger ran = new AtomicInteger();
        NativeWaiting.Collector collector = new NativeWaiting.Collector(ran::incrementAndGet);
        assertThat(collector.getAsBoolean()).isTrue();
        assertThat(collector.getAsBoolean()).isFalse();
        assertThat(ran).hasValue(1);
    }
}
