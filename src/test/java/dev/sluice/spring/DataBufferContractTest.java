package dev.sluice.spring;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.spring.AnyFactory.Opened;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBuffer.ByteBufferIterator;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.PooledDataBuffer;

/** What Spring's interface promises, for Spring's own factories and for ours: each test ends with nothing in flight. */
@SuppressWarnings("deprecation")
class DataBufferContractTest {

    @ParameterizedTest
    @EnumSource
    void positionsFollowReadsAndWrites(AnyFactory any) {
        try (Opened opened = any.open()) {
            DataBuffer buffer = opened.factory.allocateBuffer(2);
            assertPositions(buffer, 0, 0, 2);
            buffer.write((byte) 'a');
            assertPositions(buffer, 0, 1, 2);
            buffer.write((byte) 'b');
            assertPositions(buffer, 0, 2, 2);
            assertThat(buffer.read()).isEqualTo((byte) 'a');
            assertPositions(buffer, 1, 2, 2);
            assertThat(buffer.read()).isEqualTo((byte) 'b');
            assertPositions(buffer, 2, 2, 2);
            buffer.readPosition(1).writePosition(1);
            assertPositions(buffer, 1, 1, 2);
            assertThat(buffer.factory()).isSameAs(opened.factory);
            DataBufferUtils.release(buffer);
        }
    }

    @ParameterizedTest
    @EnumSource
    void positionsOutOfBoundsAreRefused(AnyFactory any) {
        try (Opened opened = any.open()) {
            DataBuffer buffer = opened.factory.allocateBuffer(4).write(bytes("ab"));
            buffer.read();
            outOfBounds(() -> buffer.readPosition(-1));
            outOfBounds(() -> buffer.readPosition(3));
            outOfBounds(() -> buffer.writePosition(0));
            outOfBounds(() -> buffer.writePosition(5));
            outOfBounds(() -> buffer.read(new byte[2]));
            buffer.read();
            outOfBounds(buffer::read);
            assertPositions(buffer, 2, 2, 4);
            DataBufferUtils.release(buffer);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aBufferOfNothingCanBeAllocatedAndGrow(AnyFactory any) {
        try (Opened opened = any.open()) {
            DataBuffer buffer = opened.factory.allocateBuffer(0);
            assertPositions(buffer, 0, 0, 0);
            buffer.write(bytes("abc"));
            assertThat(text(buffer)).isEqualTo("abc");
            DataBufferUtils.release(buffer);
        }
    }

    @ParameterizedTest
    @EnumSource
    void theDefaultCapacityIsAboveNothing(AnyFactory any) {
        try (Opened opened = any.open()) {
            DataBuffer buffer = opened.factory.allocateBuffer();
            assertThat(buffer.capacity()).isPositive();
            DataBufferUtils.release(buffer);
        }
    }

    @ParameterizedTest
    @EnumSource
    void writesGrowTheCapacityAndKeepTheContent(AnyFactory any) {
        try (Opened opened = any.open()) {
            DataBuffer buffer = opened.factory.allocateBuffer(1);
            byte[] content = new byte[100_000];
            for (int i = 0; i < content.length; i++) {
                content[i] = (byte) (i * 31);
                buffer.write(content[i]);
            }
            assertThat(buffer.capacity()).isGreaterThanOrEqualTo(content.length);
            byte[] read = new byte[content.length];
            buffer.read(read);
            assertThat(read).isEqualTo(content);
            DataBufferUtils.release(buffer);
        }
    }

    @ParameterizedTest
    @EnumSource
    void ensureWritableMakesRoomOnce(AnyFactory any) {
        try (Opened opened = any.open()) {
            DataBuffer buffer = opened.factory.allocateBuffer(3).write(bytes("ab"));
            assertThat(buffer.ensureWritable(1).capacity()).isEqualTo(3);
            assertThat(buffer.ensureWritable(1000).writableByteCount()).isGreaterThanOrEqualTo(1000);
            int capacity = buffer.capacity();
            assertThat(buffer.ensureCapacity(900).capacity()).isEqualTo(capacity);
            assertThat(text(buffer)).isEqualTo("ab");
            DataBufferUtils.release(buffer);
        }
    }

    @ParameterizedTest
    @EnumSource
    void theCapacityCanBeSet(AnyFactory any) {
        try (Opened opened = any.open()) {
            DataBuffer buffer = opened.factory.allocateBuffer(2).write(bytes("ab"));
            buffer.capacity(70);
            assertPositions(buffer, 0, 2, 70);
            assertThat(text(buffer)).isEqualTo("ab");
            buffer.capacity(1);
            assertPositions(buffer, 0, 1, 1);
            assertThat(text(buffer)).isEqualTo("a");
            buffer.capacity(3).writePosition(3).readPosition(3).capacity(2);
            assertPositions(buffer, 2, 2, 2);
            assertThatIllegalArgumentException().isThrownBy(() -> buffer.capacity(-1));
            DataBufferUtils.release(buffer);
        }
    }

    @ParameterizedTest
    @EnumSource
    void arraysAreWrittenAndReadInParts(AnyFactory any) {
        try (Opened opened = any.open()) {
            DataBuffer buffer = opened.factory.allocateBuffer(8).write(bytes("xabcx"), 1, 3);
            byte[] read = bytes("....");
            buffer.read(read, 1, 2);
            assertThat(read).isEqualTo(bytes(".ab."));
            assertThat(text(buffer)).isEqualTo("c");
            outOfBounds(() -> buffer.write(bytes("abc"), 2, 2));
            outOfBounds(() -> buffer.read(new byte[1], 1, 1));
            DataBufferUtils.release(buffer);
        }
    }

    @ParameterizedTest
    @EnumSource
    void byteBuffersAreWrittenToTheirLimits(AnyFactory any) {
        try (Opened opened = any.open()) {
            ByteBuffer heap = ByteBuffer.wrap(bytes("xbcx")).position(1).limit(3);
            ByteBuffer direct = ByteBuffer.allocateDirect(2).put(bytes("de")).flip();
            DataBuffer buffer =
                    opened.factory.allocateBuffer(1).write((byte) 'a').write(heap, direct);
            buffer.write((byte) 'f');
            assertThat(text(buffer)).isEqualTo("abcdef");
            assertThat(heap.remaining() + direct.remaining()).isZero();
            DataBufferUtils.release(buffer);
        }
    }

    @ParameterizedTest
    @EnumSource
    void dataBuffersOfAnyFactoryAreWrittenAndStayTheCallers(AnyFactory any) {
        try (Opened opened = any.open()) {
            for (AnyFactory other : AnyFactory.values()) {
                try (Opened others = other.open()) {
                    DataBuffer first = others.factory.allocateBuffer(4).write(bytes("xbc"));
                    first.read();
                    DataBuffer second = others.factory.allocateBuffer(4).write(bytes("d"));
                    DataBuffer buffer = opened.factory.allocateBuffer(1).write((byte) 'a');
                    buffer.write(first, second).write((byte) 'e');
                    assertThat(text(buffer)).as("from %s", other).isEqualTo("abcde");
                    List.of(first, second, buffer).forEach(DataBufferUtils::release);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aBufferCanBeWrittenFromItsOwnSlice(AnyFactory any) {
        try (Opened opened = any.open()) {
            DataBuffer buffer = opened.factory.allocateBuffer(6).write(bytes("abcdef"));
            DataBuffer slice = buffer.slice(2, 4);
            buffer.writePosition(1).write(slice);
            assertThat(text(buffer)).isEqualTo("acdef");
            DataBufferUtils.release(buffer);
        }
    }

    @ParameterizedTest
    @EnumSource
    void textIsEncoded(AnyFactory any) {
        try (Opened opened = any.open()) {
            for (Charset charset : List.of(UTF_8, ISO_8859_1, UTF_16BE)) {
                DataBuffer buffer = opened.factory.allocateBuffer(1);
                buffer.write("", charset).write("fünf", charset).write(" und sechs", charset);
                assertThat(buffer.toString(charset)).isEqualTo("fünf und sechs");
                DataBufferUtils.release(buffer);
            }
            DataBuffer euro = opened.factory.allocateBuffer(5).write("Spring €", UTF_8);
            assertThat(euro.readableByteCount()).isEqualTo(10);
            assertThat(euro.toString(1, 3, UTF_8)).isEqualTo("pri");
            assertThatIllegalArgumentException().isThrownBy(() -> euro.write((String) null, UTF_8));
            assertThatIllegalArgumentException().isThrownBy(() -> euro.write("text", null));
            assertThatIllegalArgumentException().isThrownBy(() -> euro.toString(null));
            DataBufferUtils.release(euro);
        }
    }

    @ParameterizedTest
    @EnumSource
    void nullsAreRefused(AnyFactory any) {
        try (Opened opened = any.open()) {
            DataBuffer buffer = opened.factory.allocateBuffer(1);
            assertThatIllegalArgumentException().isThrownBy(() -> buffer.indexOf(null, 0));
            assertThatIllegalArgumentException().isThrownBy(() -> buffer.lastIndexOf(null, 0));
            assertThatIllegalArgumentException().isThrownBy(() -> buffer.toByteBuffer(0, null, 0, 0));
            assertThat(buffer.write((DataBuffer[]) null).write((ByteBuffer[]) null))
                    .isSameAs(buffer);
            DataBufferUtils.release(buffer);
        }
    }

    @ParameterizedTest
    @EnumSource
    void bytesAreFoundUpToTheWritePosition(AnyFactory any) {
        try (Opened opened = any.open()) {
            DataBuffer buffer = opened.factory.allocateBuffer(8).write(bytes("abca"));
            buffer.read();
            assertThat(buffer.indexOf(b -> b == 'a', Integer.MIN_VALUE)).isZero();
            assertThat(buffer.indexOf(b -> b == 'a', 1)).isEqualTo(3);
            assertThat(buffer.indexOf(b -> b == 'a', 4)).isEqualTo(-1);
            assertThat(buffer.indexOf(b -> b == 'a', Integer.MAX_VALUE)).isEqualTo(-1);
            assertThat(buffer.indexOf(b -> b == 'z', 0)).isEqualTo(-1);
            assertThat(buffer.lastIndexOf(b -> b == 'a', Integer.MAX_VALUE)).isEqualTo(3);
            assertThat(buffer.lastIndexOf(b -> b == 'a', 2)).isZero();
            assertThat(buffer.lastIndexOf(b -> b == 'a', -1)).isEqualTo(-1);
            assertThat(buffer.lastIndexOf(b -> b == 'a', Integer.MIN_VALUE)).isEqualTo(-1);
            assertThat(buffer.lastIndexOf(b -> b == 'z', 3)).isEqualTo(-1);
            DataBufferUtils.release(buffer);
        }
    }

    @ParameterizedTest
    @EnumSource
    void singleBytesAreReadByIndex(AnyFactory any) {
        try (Opened opened = any.open()) {
            DataBuffer buffer = opened.factory.allocateBuffer(3).write(bytes("abc"));
            buffer.read();
            assertThat(buffer.getByte(0)).isEqualTo((byte) 'a');
            assertThat(buffer.getByte(2)).isEqualTo((byte) 'c');
            outOfBounds(() -> buffer.getByte(-1));
            outOfBounds(() -> buffer.getByte(3));
            DataBufferUtils.release(buffer);
        }
    }

    @ParameterizedTest
    @EnumSource
    void bytesAreProcessedUntilOneStops(AnyFactory any) {
        try (Opened opened = any.open()) {
            DataBuffer buffer = opened.factory.allocateBuffer(4).write(bytes("abcd"));
            StringBuilder seen = new StringBuilder();
            assertThat(buffer.forEachByte(1, 3, b -> {
                        seen.append((char) b);
                        return b != 'c';
                    }))
                    .isEqualTo(2);
            assertThat(seen).hasToString("bc");
            assertThat(buffer.forEachByte(0, 4, b -> true)).isEqualTo(-1);
            assertThat(buffer.forEachByte(4, 0, b -> false)).isEqualTo(-1);
            outOfBounds(() -> buffer.forEachByte(2, 3, b -> true));
            DataBufferUtils.release(buffer);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aSliceSharesBytesAndLife(AnyFactory any) {
        try (Opened opened = any.open()) {
            DataBuffer buffer = opened.factory.allocateBuffer(3).write(bytes("ab"));
            DataBuffer slice = buffer.slice(1, 2);
            assertPositions(slice, 0, 2, 2);
            buffer.write((byte) 'c');
            assertThat(text(slice)).isEqualTo("bc");
            assertPositions(buffer, 0, 3, 3);
            slice.readPosition(1);
            assertThat(text(buffer)).isEqualTo("abc");
            assertThatThrownBy(() -> slice.capacity(9)).isInstanceOf(UnsupportedOperationException.class);
            assertThatThrownBy(() -> buffer.slice(2, 2)).isInstanceOf(RuntimeException.class);
            DataBufferUtils.release(slice);
            if (buffer instanceof PooledDataBuffer pooled) {
                assertThat(pooled.isAllocated()).isFalse();
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aRetainedSliceIsReleasedOnItsOwn(AnyFactory any) {
        try (Opened opened = any.open()) {
            DataBuffer buffer = opened.factory.allocateBuffer(3).write(bytes("abc"));
            DataBuffer slice = buffer.retainedSlice(1, 2);
            DataBufferUtils.release(buffer);
            assertThat(text(slice)).isEqualTo("bc");
            DataBufferUtils.release(slice);
        }
    }

    @ParameterizedTest
    @EnumSource
    void splittingSharesMemoryButNotPositions(AnyFactory any) {
        try (Opened opened = any.open()) {
            DataBuffer tail = opened.factory.allocateBuffer(5).write(bytes("abcd"));
            tail.readPosition(1);
            DataBuffer head = tail.split(3);
            assertPositions(head, 1, 3, 3);
            assertPositions(tail, 0, 1, 2);
            assertThat(text(head)).isEqualTo("bc");
            assertThat(text(tail)).isEqualTo("d");
            tail.write((byte) 'e');
            assertThat(text(tail)).isEqualTo("de");
            assertThat(text(head)).isEqualTo("bc");
            DataBufferUtils.release(head);
            assertThat(text(tail)).isEqualTo("de");
            DataBufferUtils.release(tail);
        }
    }

    @ParameterizedTest
    @EnumSource
    void splittingBeyondWhatIsWrittenAndAtTheEdges(AnyFactory any) {
        try (Opened opened = any.open()) {
            DataBuffer buffer = opened.factory.allocateBuffer(4).write(bytes("ab"));
            DataBuffer head = buffer.split(3);
            assertPositions(head, 0, 2, 3);
            assertPositions(buffer, 0, 0, 1);
            DataBuffer nothing = head.split(0);
            assertPositions(nothing, 0, 0, 0);
            assertPositions(head, 0, 2, 3);
            DataBuffer all = head.split(3);
            assertPositions(all, 0, 2, 3);
            assertPositions(head, 0, 0, 0);
            outOfBounds(() -> all.split(-1));
            outOfBounds(() -> all.split(4));
            List.of(buffer, head, nothing, all).forEach(DataBufferUtils::release);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"POOL_DIRECT", "POOL_HEAP", "POOL_OVERFLOW", "DEFAULT_HEAP", "DEFAULT_DIRECT"})
    void bothPartsOfASplitCanGrowApart(AnyFactory any) {
        try (Opened opened = any.open()) {
            DataBuffer tail = opened.factory.allocateBuffer(6).write(bytes("abcdef"));
            DataBuffer head = tail.split(3);
            head.write(bytes("XYZ".repeat(50)));
            tail.write(bytes("123".repeat(50)));
            assertThat(text(head)).isEqualTo("abc" + "XYZ".repeat(50));
            assertThat(text(tail)).isEqualTo("def" + "123".repeat(50));
            List.of(head, tail).forEach(DataBufferUtils::release);
        }
    }

    @ParameterizedTest
    @EnumSource
    void asByteBufferShares(AnyFactory any) {
        try (Opened opened = any.open()) {
            DataBuffer buffer = opened.factory.allocateBuffer(4).write(bytes("abc"));
            buffer.read();
            ByteBuffer readable = buffer.asByteBuffer();
            assertThat(readable.capacity()).isEqualTo(2);
            ByteBuffer part = buffer.asByteBuffer(2, 2);
            assertThat(part.remaining()).isEqualTo(2);
            buffer.write((byte) 'd');
            assertThat(part.get(1)).isEqualTo((byte) 'd');
            part.put(0, (byte) 'X');
            assertThat(text(buffer)).isEqualTo("bXd");
            DataBuffer empty = opened.factory.allocateBuffer(1);
            assertThat(empty.asByteBuffer().capacity()).isZero();
            assertThatThrownBy(() -> buffer.asByteBuffer(3, 2)).isInstanceOf(RuntimeException.class);
            List.of(buffer, empty).forEach(DataBufferUtils::release);
        }
    }

    @ParameterizedTest
    @EnumSource
    void toByteBufferCopies(AnyFactory any) {
        try (Opened opened = any.open()) {
            DataBuffer buffer = opened.factory.allocateBuffer(4).write(bytes("abcd"));
            buffer.read();
            ByteBuffer all = buffer.toByteBuffer();
            ByteBuffer part = buffer.toByteBuffer(1, 2);
            ByteBuffer target = ByteBuffer.allocate(5);
            buffer.toByteBuffer(target.position(1));
            buffer.toByteBuffer(0, target, 0, 1);
            buffer.writePosition(1).write(bytes("zzz"));
            DataBufferUtils.release(buffer);
            assertThat(UTF_8.decode(all).toString()).isEqualTo("bcd");
            assertThat(UTF_8.decode(part).toString()).isEqualTo("bc");
            assertThat(target.array()).isEqualTo(bytes("abcd\0"));
            assertThat(target.position()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void readableByteBuffersCannotBeWritten(AnyFactory any) {
        try (Opened opened = any.open()) {
            DataBuffer buffer = opened.factory.allocateBuffer(4).write(bytes("abc"));
            buffer.read();
            try (ByteBufferIterator parts = buffer.readableByteBuffers()) {
                assertThat(parts.hasNext()).isTrue();
                ByteBuffer part = parts.next();
                assertThat(part.isReadOnly()).isTrue();
                assertThat(UTF_8.decode(part).toString()).isEqualTo("bc");
                assertThat(parts.hasNext()).isFalse();
                assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(parts::next);
            }
            assertPositions(buffer, 1, 3, 4);
            DataBufferUtils.release(buffer);
        }
    }

    @ParameterizedTest
    @EnumSource
    void writableByteBuffersAreTheRoomThatIsLeft(AnyFactory any) {
        try (Opened opened = any.open()) {
            DataBuffer buffer = opened.factory.allocateBuffer(4).write(bytes("ab"));
            try (ByteBufferIterator parts = buffer.writableByteBuffers()) {
                ByteBuffer part = parts.next();
                assertThat(part.remaining()).isEqualTo(2);
                part.put(bytes("cd"));
            }
            assertPositions(buffer, 0, 2, 4);
            assertThat(text(buffer.writePosition(4))).isEqualTo("abcd");
            DataBufferUtils.release(buffer);
        }
    }

    @ParameterizedTest
    @EnumSource
    void streamsShareThePositions(AnyFactory any) throws IOException {
        try (Opened opened = any.open()) {
            DataBuffer buffer = opened.factory.allocateBuffer(2);
            OutputStream output = buffer.asOutputStream();
            output.write('a');
            output.write(bytes("xbcdex"), 1, 4);
            output.close();
            InputStream input = buffer.asInputStream();
            assertThat(input.available()).isEqualTo(5);
            assertThat(input.read()).isEqualTo('a');
            input.mark(1);
            assertThat(input.read()).isEqualTo('b');
            input.reset();
            assertThat(input.skip(2)).isEqualTo(2);
            assertThat(buffer.readPosition()).isEqualTo(3);
            assertThat(input.readAllBytes()).isEqualTo(bytes("de"));
            assertThat(input.read()).isEqualTo(-1);
            input.close();
            DataBufferUtils.release(buffer);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aStreamMayReleaseOnClose(AnyFactory any) throws IOException {
        try (Opened opened = any.open()) {
            DataBuffer buffer = opened.factory.allocateBuffer(3).write(bytes("abc"));
            try (InputStream input = buffer.asInputStream(true)) {
                assertThat(input.readAllBytes()).isEqualTo(bytes("abc"));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void wrappedBytesAreSharedAndReadable(AnyFactory any) {
        try (Opened opened = any.open()) {
            byte[] array = bytes("abc");
            DataBuffer ofArray = opened.factory.wrap(array);
            array[1] = 'X';
            assertThat(text(ofArray)).isEqualTo("aXc");
            assertPositions(ofArray, 0, 3, 3);
            DataBuffer ofBuffer = opened.factory.wrap(
                    ByteBuffer.wrap(bytes("xbcx")).position(1).limit(3));
            assertThat(text(ofBuffer)).isEqualTo("bc");
            List.of(ofArray, ofBuffer).forEach(DataBufferUtils::release);
        }
    }

    @ParameterizedTest
    @EnumSource
    void joiningTakesTheBuffersOver(AnyFactory any) {
        try (Opened opened = any.open()) {
            List<DataBuffer> three = List.of(
                    opened.factory.allocateBuffer(4).write(bytes("a")),
                    opened.factory.wrap(bytes("b")),
                    opened.factory.allocateBuffer(1).write(bytes("c")));
            DataBuffer joined = opened.factory.join(three);
            assertThat(text(joined)).isEqualTo("abc");
            DataBufferUtils.release(joined);
            DataBuffer alone = opened.factory.allocateBuffer(1).write(bytes("a"));
            DataBuffer joinedAlone = opened.factory.join(List.of(alone));
            assertThat(text(joinedAlone)).isEqualTo("a");
            assertThat(joinedAlone == alone).isEqualTo(alone instanceof PooledDataBuffer);
            DataBufferUtils.release(joinedAlone);
            assertThatIllegalArgumentException().isThrownBy(() -> opened.factory.join(List.of()));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"POOL_DIRECT", "POOL_HEAP", "POOL_OVERFLOW", "NETTY_HEAP", "NETTY_DIRECT"})
    void holdersAreCounted(AnyFactory any) {
        try (Opened opened = any.open()) {
            PooledDataBuffer buffer = (PooledDataBuffer) opened.factory.allocateBuffer(3);
            buffer.write(bytes("abc"));
            PooledDataBuffer held = buffer.retain();
            assertThat(held.touch("here")).isSameAs(held);
            assertThat(buffer.release()).isFalse();
            assertThat(held.isAllocated()).isTrue();
            assertThat(text(held)).isEqualTo("abc");
            assertThat(held.release()).isTrue();
            assertThat(held.isAllocated()).isFalse();
            assertThatThrownBy(held::release).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(held::retain).isInstanceOf(IllegalStateException.class);
            assertThat(DataBufferUtils.release(held)).isFalse();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"POOL_DIRECT", "POOL_HEAP", "POOL_OVERFLOW", "NETTY_HEAP", "NETTY_DIRECT"})
    void aReleasedBufferRefusesAccess(AnyFactory any) {
        try (Opened opened = any.open()) {
            DataBuffer buffer = opened.factory.allocateBuffer(3).write(bytes("abc"));
            DataBufferUtils.release(buffer);
            List<Runnable> accesses = new ArrayList<>();
            accesses.add(buffer::read);
            accesses.add(() -> buffer.getByte(0));
            accesses.add(() -> buffer.writePosition(0).write((byte) 1));
            accesses.add(() -> buffer.asByteBuffer(0, 1));
            accesses.add(() -> buffer.toByteBuffer(0, 1));
            accesses.add(() -> buffer.toString(0, 1, UTF_8));
            accesses.add(() -> buffer.split(1));
            for (Runnable access : accesses) {
                assertThatThrownBy(access::run).isInstanceOf(RuntimeException.class);
            }
        }
    }

    private static void assertPositions(DataBuffer buffer, int read, int write, int capacity) {
        assertThat(buffer.readPosition()).as("read position").isEqualTo(read);
        assertThat(buffer.writePosition()).as("write position").isEqualTo(write);
        assertThat(buffer.capacity()).as("capacity").isEqualTo(capacity);
        assertThat(buffer.readableByteCount()).as("readable").isEqualTo(write - read);
        assertThat(buffer.writableByteCount()).as("writable").isEqualTo(capacity - write);
    }

    private static void outOfBounds(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(call);
    }

    static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    static String text(DataBuffer buffer) {
        return buffer.toString(UTF_8);
    }
}
