package dev.sluice;

import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.ReadOnlyBufferException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What every lease does, however it was come by and whatever its memory is. */
@ParameterizedClass
@MethodSource("leases")
class PooledBufferContractTest {

    private static final int SIZE = 1_000;

    private final PoolShape shape;
    private final LeaseKind kind;
    private PoolFixture fixture;
    private BufferPool pool;
    private PooledBuffer buffer;

    PooledBufferContractTest(PoolShape shape, LeaseKind kind) {
        this.shape = shape;
        this.kind = kind;
    }

    static Stream<Arguments> leases() {
        return PoolShape.uncrowded(PoolShape.Bound.MAX_BYTES).stream()
                .flatMap(shape -> Stream.of(LeaseKind.values()).map(kind -> Arguments.of(shape, kind)));
    }

    @BeforeEach
    void lease() {
        fixture = new PoolFixture(shape);
        pool = fixture.pool;
        buffer = kind.lease(pool, SIZE);
    }

    @AfterEach
    void nothingIsLeft() {
        buffer.release();
        fixture.verify();
    }

    @Test
    void beginsWithAFreshViewOfItsLength() {
        assertThat(buffer.length()).isEqualTo(SIZE);
        assertThat(buffer.isEmpty()).isFalse();
        assertThat(buffer.isReleased()).isFalse();
        ViewAssertions.assertFresh(buffer.byteBuffer(), SIZE, shape.direct());
        assertThat(buffer.byteBuffer().capacity()).isEqualTo(buffer.capacity());
    }

    @Test
    void hasTheCapacityOfItsSizeClassOrOfItsPart() {
        assertThat(buffer.capacity()).isEqualTo(kind.isPart() ? SIZE : 1_024);
    }

    @Test
    void heapMemoryHasAnAccessibleArrayThatBeginsAtZero() {
        ByteBuffer view = buffer.byteBuffer();
        assertThat(view.hasArray()).isEqualTo(!shape.direct());
        if (view.hasArray()) {
            assertThat(view.arrayOffset()).isEqualTo(kind.isPart() ? LeaseKind.SLICE_OFFSET : 0);
        }
    }

    @Test
    void viewIsOneObjectThatKeepsWhatItsUserSet() {
        ByteBuffer view = buffer.byteBuffer();
        view.order(ByteOrder.LITTLE_ENDIAN).position(10).limit(20);
        assertThat(buffer.byteBuffer()).isSameAs(view);
        assertThat(view.position()).isEqualTo(10);
        assertThat(view.limit()).isEqualTo(20);
        assertThat(view.order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
        assertThat(buffer.length())
                .as("length, which is not the limit of the view")
                .isEqualTo(SIZE);
    }

    @Test
    void whateverWasDoneToAViewTheNextLeaseBeginsAfresh() {
        for (boolean resized : new boolean[] {false, true}) {
            buffer.byteBuffer().order(ByteOrder.LITTLE_ENDIAN).position(10).limit(20);
            if (resized) {
                buffer.resize(3);
            }
            buffer.release();
            buffer = kind.lease(pool, SIZE);
            assertThat(pool.stats().totalAllocated()).as("buffers").isEqualTo(1);
            ViewAssertions.assertFresh(buffer.byteBuffer(), SIZE, shape.direct());
            assertThat(buffer.length()).isEqualTo(SIZE);
        }
    }

    @Test
    void resizeSetsLengthAndViewAndKeepsTheBytes() {
        Stamp.write(buffer.byteBuffer(), 5);
        buffer.byteBuffer().position(17);
        for (int length : new int[] {10, 0, SIZE, buffer.capacity(), 1}) {
            assertThat(buffer.resize(length)).isSameAs(buffer);
            assertThat(buffer.length()).isEqualTo(length);
            assertThat(buffer.isEmpty()).isEqualTo(length == 0);
            assertThat(buffer.byteBuffer().position()).isZero();
            assertThat(buffer.byteBuffer().limit()).isEqualTo(length);
        }
        Stamp.verify(buffer.resize(SIZE).byteBuffer(), 5);
    }

    @Test
    void clearDropsTheContent() {
        buffer.byteBuffer().position(17);
        assertThat(buffer.clear()).isSameAs(buffer);
        assertThat(buffer.length()).isZero();
        assertThat(buffer.isEmpty()).isTrue();
        assertThat(buffer.byteBuffer().position()).isZero();
        assertThat(buffer.byteBuffer().limit()).isZero();
        assertThat(buffer.toByteArray()).isEmpty();
    }

    @Test
    void readOnlyBufferShowsTheContentThroughAViewOfItsOwn() {
        Stamp.write(buffer.byteBuffer(), 5);
        buffer.byteBuffer().order(ByteOrder.LITTLE_ENDIAN).position(17);
        ByteBuffer readOnly = buffer.readOnlyBuffer();
        assertThat(readOnly.isReadOnly()).isTrue();
        assertThat(readOnly.position()).isZero();
        assertThat(readOnly.limit()).isEqualTo(SIZE);
        assertThat(readOnly.order()).isEqualTo(ByteOrder.BIG_ENDIAN);
        assertThatThrownBy(() -> readOnly.put(0, (byte) 1)).isInstanceOf(ReadOnlyBufferException.class);
        Stamp.verify(readOnly, 5);

        readOnly.position(3);
        assertThat(buffer.byteBuffer().position()).isEqualTo(17);
        assertThat(buffer.readOnlyBuffer().position()).isZero();
        Stamp.write(buffer.byteBuffer(), 6);
        Stamp.verify(readOnly, 6);
        assertThat(buffer.resize(12).readOnlyBuffer().limit()).isEqualTo(12);
    }

    @Test
    void retainMakesALeaseOfItsOwnOnTheSameMemory() {
        Stamp.write(buffer.byteBuffer(), 5);
        buffer.resize(500).byteBuffer().order(ByteOrder.LITTLE_ENDIAN).position(17);
        PooledBuffer twin = buffer.retain();
        assertThat(twin.length()).isEqualTo(500);
        assertThat(twin.capacity()).isEqualTo(buffer.capacity());
        ViewAssertions.assertFresh(twin.byteBuffer(), 500, shape.direct());
        assertThat(twin.byteBuffer()).isNotSameAs(buffer.byteBuffer());
        Stamp.verify(twin.byteBuffer(), 5);

        Stamp.write(twin.byteBuffer(), 6);
        Stamp.verify(buffer.byteBuffer(), 6);
        twin.resize(1).byteBuffer().position(1);
        assertThat(buffer.length()).isEqualTo(500);
        assertThat(buffer.byteBuffer().position()).isEqualTo(17);
        twin.release();
        assertThat(buffer.isReleased()).isFalse();
        Stamp.verify(buffer.byteBuffer(), 6);
    }

    @Test
    void aTwinOutlivesTheLeaseThatItCameFrom() {
        Stamp.write(buffer.byteBuffer(), 5);
        PooledBuffer twin = buffer.retain();
        buffer.release();
        assertThat(buffer.isReleased()).isTrue();
        assertThat(twin.isReleased()).isFalse();
        assertThat(pool.stats().buffersInUse()).isEqualTo(1);
        pool.acquire(SIZE).release();
        Stamp.verify(twin.byteBuffer(), 5);
        twin.release();
        twin.release();
        assertThat(pool.stats().buffersInUse()).isZero();
    }

    @Test
    void sliceLeasesAPartOfTheContent() {
        Stamp.write(buffer.byteBuffer(), 5);
        buffer.byteBuffer().order(ByteOrder.LITTLE_ENDIAN).position(400);
        PooledBuffer part = buffer.slice(100, 50);
        assertThat(part.length()).isEqualTo(50);
        assertThat(part.capacity()).isEqualTo(50);
        ViewAssertions.assertFresh(part.byteBuffer(), 50, shape.direct());
        assertThat(part.byteBuffer().get(0)).isEqualTo(buffer.byteBuffer().get(100));
        part.byteBuffer().put(49, (byte) 99);
        assertThat(buffer.byteBuffer().get(149)).isEqualTo((byte) 99);

        PooledBuffer inner = part.slice(40, 10);
        assertThat(inner.byteBuffer().get(9)).isEqualTo((byte) 99);
        part.release();
        buffer.release();
        assertThat(pool.stats().buffersInUse())
                .as("pinned by the innermost part")
                .isEqualTo(1);
        assertThat(inner.byteBuffer().get(9)).isEqualTo((byte) 99);
        inner.release();
    }

    @Test
    void aPartMayBeAllOrNothing() {
        PooledBuffer all = buffer.slice(0, SIZE);
        PooledBuffer nothing = buffer.slice(SIZE, 0);
        assertThat(all.length()).isEqualTo(SIZE);
        assertThat(nothing.isEmpty()).isTrue();
        assertThat(nothing.capacity()).isZero();
        assertThat(nothing.toByteArray()).isEmpty();
        all.release();
        nothing.release();
    }

    @Test
    void memoryComesBackWithTheLastLeaseThatSharesItInWhateverOrder() {
        Random random = new Random(1);
        for (int round = 0; round < 20; round++) {
            List<PooledBuffer> shares = new ArrayList<>(List.of(buffer));
            while (shares.size() < 8) {
                PooledBuffer origin = shares.get(random.nextInt(shares.size()));
                shares.add(random.nextBoolean() ? origin.retain() : origin.slice(0, origin.length() / 2));
            }
            Collections.shuffle(shares, random);
            for (PooledBuffer share : shares) {
                assertThat(pool.stats().buffersInUse()).isEqualTo(1);
                share.release();
                share.release();
            }
            assertThat(pool.stats().buffersInUse()).isZero();
            buffer = kind.lease(pool, SIZE);
        }
        assertThat(pool.stats().totalAllocated())
                .as("buffers that served all rounds")
                .isEqualTo(1);
    }

    @Test
    void copyHasMemoryOfItsOwnAsLargeAsTheContentNeeds() {
        Stamp.write(buffer.byteBuffer(), 5);
        buffer.resize(100).byteBuffer().position(60);
        PooledBuffer copy = buffer.copy();
        assertThat(copy.length()).isEqualTo(100);
        assertThat(copy.capacity()).isEqualTo(112);
        ViewAssertions.assertFresh(copy.byteBuffer(), 100, shape.direct());
        Stamp.write(buffer.byteBuffer(), 6);
        Stamp.verify(copy.byteBuffer(), 5);
        assertThat(pool.stats().buffersInUse()).isEqualTo(2);
        assertThat(buffer.byteBuffer().position()).isEqualTo(60);
        buffer.release();
        Stamp.verify(copy.byteBuffer(), 5);
        copy.release();
    }

    @Test
    void nothingCannotBeCopied() {
        buffer.clear();
        assertThatThrownBy(buffer::copy).isInstanceOf(InvalidSizeException.class);
        assertThat(pool.stats().buffersInUse()).isEqualTo(1);
    }

    @Test
    void toByteArrayAndToStringShowTheContentWhereverTheViewStands() {
        byte[] text = "tide, sluice, \u00e9cluse \u2702".getBytes(UTF_8);
        buffer.byteBuffer().put(text);
        buffer.resize(text.length).byteBuffer().position(text.length);
        assertThat(buffer.toByteArray()).isEqualTo(text);
        assertThat(buffer.toString(UTF_8)).isEqualTo("tide, sluice, \u00e9cluse \u2702");
        assertThat(buffer.byteBuffer().position()).isEqualTo(text.length);

        buffer.byteBuffer().put(0, (byte) 0xFF);
        assertThat(buffer.toString(UTF_8)).as("malformed").startsWith("\uFFFDide");
        assertThat(buffer.resize(3).toString(UTF_16BE))
                .as("cut short")
                .hasSize(2)
                .endsWith("\uFFFD");
    }

    @Test
    void touchReturnsTheLeaseAndWantsAHint() {
        assertThat(buffer.touch("here")).isSameAs(buffer);
        assertThatThrownBy(() -> buffer.touch(null)).isInstanceOf(NullPointerException.class);
    }

    @Test
    void describesItself() {
        assertThat(buffer.resize(10).toString()).contains("10 of", Numbers.grouped(buffer.capacity()), "contract");
        buffer.release();
        assertThat(buffer.toString()).contains("released");
    }

    @Test
    void closeReleases() {
        try (PooledBuffer closed = buffer) {
            assertThat(closed.isReleased()).isFalse();
        }
        assertThat(buffer.isReleased()).isTrue();
        assertThat(pool.stats().buffersInUse()).isZero();
    }

    @Test
    void retainReadOnlyMakesALeaseThatNothingCanBeWrittenThrough() {
        Stamp.write(buffer.byteBuffer(), 3);
        PooledBuffer reader = buffer.retainReadOnly();
        buffer.release();
        assertThat(reader.length()).isEqualTo(SIZE);
        for (PooledBuffer each : List.of(reader, reader.retain(), reader.slice(10, 20), reader.retainReadOnly())) {
            assertThat(each.byteBuffer().isReadOnly()).isTrue();
            assertThat(each.byteBuffer().order()).isEqualTo(ByteOrder.BIG_ENDIAN);
            assertThatThrownBy(() -> each.byteBuffer().put(0, (byte) 1)).isInstanceOf(ReadOnlyBufferException.class);
            assertThat(each.pinnedBytes()).isEqualTo(reader.pinnedBytes());
            if (each != reader) {
                each.release();
            }
        }
        Stamp.verify(reader.byteBuffer(), 3);
        reader.release();
        assertThat(pool.stats().buffersInUse()).isZero();
    }

    @Test
    void knowsWhatItPinsAndWhatItSharesMemoryWith() {
        PooledBuffer other = pool.acquire(SIZE);
        PooledBuffer part = buffer.slice(1, 2);
        assertThat(buffer.pinnedBytes()).isEqualTo((int) pool.stats().bytesInUse() - other.capacity());
        assertThat(part.pinnedBytes()).isEqualTo(buffer.pinnedBytes());
        assertThat(part.sharesMemoryWith(buffer)).isTrue();
        assertThat(buffer.sharesMemoryWith(part)).isTrue();
        assertThat(other.sharesMemoryWith(buffer)).isFalse();
        assertThat(part.sharesMemoryWith(other)).isFalse();
        part.release();
        other.release();
    }
}
