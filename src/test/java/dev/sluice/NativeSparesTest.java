package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Memory that only the collector can free goes from one size to another without a detour through the system. */
class NativeSparesTest {

    private static final int MIB = 1 << 20;
    private static final int LIMIT = 64 * MIB;

    private long allocatedBytes;

    private final PoolFixture fixture =
            new PoolFixture(BufferPool.builder().maxBytes(LIMIT).memory(this::allocate));
    private final BufferPool pool = fixture.pool;

    private SlabMemory allocate(int slabBytes, int slotBytes) {
        allocatedBytes += slabBytes;
        return new SlabMemory.Direct(NativeBuffer.allocate(slabBytes, false), slotBytes);
    }

    @AfterEach
    void nothingIsLeft() {
        fixture.verify();
    }

    @ParameterizedTest
    @CsvSource({"65536, 4096", "4096, 65536", "16384, 10000", "1048576, 1024"})
    void aChangeOfSizeWithinAFullBudgetTakesNoMoreFromTheSystem(int first, int then) {
        PoolFixture.release(fixture.takeAll(first));
        long before = allocatedBytes;
        assertThat(before).isGreaterThan(LIMIT * 9L / 10);
        List<PooledBuffer> second = fixture.takeAll(then);
        assertThat(allocatedBytes).as("allocated, of a budget of %d", LIMIT).isLessThan(LIMIT * 105L / 100);
        PoolFixture.release(second);
    }

    @Test
    void noBufferIsInTwoHands() {
        PoolFixture.release(fixture.takeAll(MIB));
        List<PooledBuffer> all = new ArrayList<>(fixture.takeAll(100_000));
        all.addAll(fixture.takeAll(4_096));
        for (int i = 0; i < all.size(); i++) {
            Stamp.write(all.get(i).byteBuffer(), i);
        }
        for (int i = 0; i < all.size(); i++) {
            Stamp.verify(all.get(i).byteBuffer(), i);
        }
        PoolFixture.release(all);
    }

    /** As new memory is: what was in it is the content of somebody else. */
    @Test
    void isZeroedAndBeginsAtACacheLine() {
        for (PooledBuffer buffer : fixture.takeAll(65_536)) {
            byte[] content = new byte[65_536];
            Arrays.fill(content, (byte) 7);
            buffer.byteBuffer().put(content);
            buffer.release();
        }
        long before = allocatedBytes;
        try (PooledBuffer other = pool.acquire(10_000)) {
            ByteBuffer view = other.byteBuffer();
            assertThat(allocatedBytes).isEqualTo(before);
            assertThat(view.alignmentOffset(0, 64)).isZero();
            while (view.hasRemaining()) {
                assertThat(view.get()).isZero();
            }
        }
    }

    @Test
    void anotherPoolGetsMemoryOfItsOwn() {
        PoolFixture.release(fixture.takeAll(MIB));
        BufferPool other =
                fixture.add(BufferPool.builder().budget(pool.budget()).memory(this::allocate));
        long before = allocatedBytes;
        other.acquire(100_000).release();
        assertThat(allocatedBytes).isGreaterThan(before);
    }

    @Test
    void whatASliceCutOffIsDroppedWithAllOfItsBlock() {
        NativeBuffer block = NativeBuffer.allocate(MIB, false);
        NativeSpares spares = new NativeSpares(0);
        assertThat(spares.add(block)).isEmpty();
        NativeBuffer part = spares.take(100_000);
        assertThat(part).isNotNull();
        assertThat(part.buffer().capacity()).isEqualTo(100_000);
        assertThat(spares.take(MIB)).isNull();
        assertThat(part.drop()).as("while its rest is spare").isNull();
        List<NativeBuffer> rest = spares.takeAll();
        assertThat(rest).hasSize(1);
        assertThat(rest.get(0).drop()).isNotNull();
    }
}
