package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testing.VirtualPoolClock;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The memory of a lost lease is given to nobody, and not freed, as long as a raw view of it is held. */
@ParameterizedClass
@MethodSource("pools")
class LostMemoryTest {

    private static final int LIMIT = 64 << 10;
    private static final int STAMP = 99;

    private final LeakReports reports = new LeakReports();
    private final BufferPool pool;

    /** A lease until it is let go. */
    private PooledBuffer lost;

    LostMemoryTest(boolean direct, boolean unsafeFree) {
        pool = BufferPool.builder()
                .direct(direct)
                .unsafeFree(unsafeFree)
                .maxBytes(LIMIT)
                .leakDetection(LeakDetection.EVERY)
                .clock(VirtualPoolClock.create())
                .onLeak(reports)
                .build();
    }

    static Stream<Arguments> pools() {
        return Stream.of(Arguments.of(true, false), Arguments.of(true, true), Arguments.of(false, false));
    }

    private ByteBuffer loseAndKeepTheView(int size) {
        ByteBuffer view = pool.acquire(size).byteBuffer();
        Stamp.write(view, STAMP);
        return view;
    }

    private ByteBuffer losePartAndKeepItsView(PooledBuffer buffer, int offset, int length) {
        ByteBuffer view = buffer.slice(offset, length).byteBuffer();
        Stamp.write(view, STAMP);
        return view;
    }

    /** Takes and stamps all the memory there is, in several sizes, one after the other. */
    private void assertUntouched(ByteBuffer view) {
        for (int size : new int[] {64, 1_000, 80, 10_000, LIMIT}) {
            List<PooledBuffer> all = takeAll(size);
            for (int i = 0; i < all.size(); i++) {
                Stamp.write(all.get(i).byteBuffer(), i);
            }
            Stamp.verify(view, STAMP);

            Stamp.write(view, STAMP + 1);
            for (int i = 0; i < all.size(); i++) {
                Stamp.verify(all.get(i).byteBuffer(), i);
            }
            Stamp.write(view, STAMP);
            PoolFixture.release(all);
        }
        pool.clear();
        Stamp.verify(view, STAMP);
        assertThat(pool.stats().allocatedBytes()).isZero();
        PoolInvariants.assertNothingLeft(pool);
    }

    private List<PooledBuffer> takeAll(int size) {
        List<PooledBuffer> all = new ArrayList<>();
        while (true) {
            var next = pool.tryAcquire(size);
            if (next.isEmpty()) {
                return all;
            }
            all.add(next.get());
        }
    }

    @Test
    void whereTheLeaseHadASlabOfItsOwn() {
        ByteBuffer view = loseAndKeepTheView(10_000);
        reports.next();
        assertUntouched(view);
    }

    @Test
    void whereItsSlabIsFullOfOtherLeases() {
        List<PooledBuffer> before = new ArrayList<>();
        for (int i = 0; i < 70; i++) {
            before.add(pool.acquire(64));
        }
        lost = pool.acquire(64);
        ByteBuffer view = lost.byteBuffer();
        Stamp.write(view, STAMP);
        List<PooledBuffer> after = takeAll(64);
        lost = null;
        reports.next();
        PoolInvariants.assertSound(pool);
        PooledBuffer instead = pool.acquire(64);
        Stamp.write(instead.byteBuffer(), 1);
        Stamp.verify(view, STAMP);
        instead.release();
        PoolFixture.release(before);
        PoolFixture.release(after);
        assertUntouched(view);
    }

    @Test
    void whereOnlyAPartWasLost() {
        PooledBuffer buffer = pool.acquire(1_000);
        ByteBuffer view = losePartAndKeepItsView(buffer, 100, 200);
        reports.next();
        buffer.release();
        assertUntouched(view);
    }

    @Test
    void whereTheLargestBufferWasLost() {
        ByteBuffer view = loseAndKeepTheView(LIMIT);
        reports.next();
        assertUntouched(view);
    }

    /** The pool lives on, and must not keep what it has forfeited. */
    @Test
    void isFreedWhenNobodyHoldsAViewAnyMore() throws InterruptedException {
        NativeMemoryWatch memory = new NativeMemoryWatch();
        BufferPool large = BufferPool.builder()
                .maxBytes(16 << 20)
                .leakDetection(LeakDetection.EVERY)
                .clock(VirtualPoolClock.create())
                .onLeak(reports)
                .build();
        loseAndWatch(large, memory);
        reports.next();
        memory.awaitFreed();
        PoolInvariants.assertNothingLeft(large);
    }

    private static void loseAndWatch(BufferPool large, NativeMemoryWatch memory) {
        memory.add(large.acquire(4 << 20).byteBuffer());
        assertThat(memory.isAlive()).isTrue();
    }

    @Test
    void whereThePoolIsClosed() {
        ByteBuffer view = loseAndKeepTheView(64);
        PooledBuffer neighbour = pool.acquire(64);
        pool.close();
        reports.next();
        neighbour.release();
        assertThat(pool.stats().allocatedBytes()).isZero();
        System.gc();
        Stamp.verify(view, STAMP);
        Stamp.write(view, STAMP + 1);
    }
}
