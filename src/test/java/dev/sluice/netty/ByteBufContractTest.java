package dev.sluice.netty;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.ByteProcessor;
import io.netty.util.IllegalReferenceCountException;
import io.netty.util.internal.PlatformDependent;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.GatheringByteChannel;
import java.nio.channels.Pipe;
import java.nio.channels.ScatteringByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What a {@code ByteBuf} promises, on ours of every shape, and on Netty's. */
class ByteBufContractTest {

    private static final byte[] BYTES = new byte[1000];

    static {
        new Random(1).nextBytes(BYTES);
    }

    private AllocatorShape.Fixture fixture;

    private ByteBuf open(AllocatorShape shape, int capacity) {
        return open(shape, capacity, Integer.MAX_VALUE);
    }

    private ByteBuf open(AllocatorShape shape, int capacity, int maxCapacity) {
        fixture = shape.open();
        return fixture.buffer(capacity, maxCapacity);
    }

    private ByteBuf filled(AllocatorShape shape) {
        return open(shape, BYTES.length).writeBytes(BYTES);
    }

    @AfterEach
    void nothingIsLeft() {
        fixture.verify();
    }

    private static byte[] part(int index, int length) {
        return Arrays.copyOfRange(BYTES, index, index + length);
    }

    private static void assertReleased(ByteBuf buffer) {
        assertThat(buffer.release()).as("the last release").isTrue();
        assertThat(buffer.refCnt()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void beginsEmptyWithTheCapacityAskedFor(AllocatorShape shape) {
        ByteBuf buffer = open(shape, 1000, 5000);
        assertThat(buffer.capacity()).isEqualTo(1000);
        assertThat(buffer.maxCapacity()).isEqualTo(5000);
        assertThat(buffer.isDirect()).isEqualTo(shape.direct);
        assertThat(buffer.isReadable()).isFalse();
        assertThat(buffer.writableBytes()).isEqualTo(1000);
        assertThat(buffer.maxWritableBytes()).isEqualTo(5000);
        assertThat(buffer.maxFastWritableBytes()).isBetween(1000, 5000);
        assertThat(buffer.isReadOnly()).isFalse();
        assertThat(buffer.isContiguous()).isTrue();
        assertThat(buffer.refCnt()).isOne();
        if (shape.isOurs()) {
            assertThat(buffer.alloc()).isSameAs(fixture.alloc);
        }
        assertReleased(buffer);
    }

    @ParameterizedTest
    @EnumSource
    void growsUpToItsMaximumAndNoFurther(AllocatorShape shape) {
        ByteBuf buffer = open(shape, 10, 300_000).writeBytes(BYTES, 0, 10);
        for (int capacity : new int[] {11, 64, 65, 4096, 100_000, 300_000}) {
            buffer.capacity(capacity);
            assertThat(buffer.capacity()).isEqualTo(capacity);
            assertThat(ByteBufUtil.getBytes(buffer)).isEqualTo(part(0, 10));
            buffer.setByte(capacity - 1, 7);
            assertThat(buffer.getByte(capacity - 1)).isEqualTo((byte) 7);
        }
        assertThatThrownBy(() -> buffer.capacity(300_001)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> buffer.capacity(-1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> buffer.writeZero(300_000)).isInstanceOf(IndexOutOfBoundsException.class);
        assertReleased(buffer);
    }

    @ParameterizedTest
    @EnumSource
    void growsAsItIsWrittenTo(AllocatorShape shape) {
        ByteBuf buffer = open(shape, 0);
        for (int i = 0; i < 100; i++) {
            buffer.writeBytes(BYTES);
        }
        assertThat(buffer.readableBytes()).isEqualTo(100 * BYTES.length);
        for (int i = 0; i < 100; i++) {
            assertThat(ByteBufUtil.getBytes(buffer.readSlice(BYTES.length))).isEqualTo(BYTES);
        }
        assertReleased(buffer);
    }

    @ParameterizedTest
    @EnumSource
    void writesFastIntoWhatItHasAnyway(AllocatorShape shape) {
        ByteBuf buffer = open(shape, 1001).writeBytes(BYTES);
        int room = buffer.maxFastWritableBytes();
        buffer.ensureWritable(room);
        assertThat(buffer.capacity()).isBetween(1000 + room, 1024 + 256);
        assertThat(ByteBufUtil.getBytes(buffer)).isEqualTo(BYTES);
        assertReleased(buffer);
    }

    @ParameterizedTest
    @EnumSource
    void shrinksAndTrimsItsIndices(AllocatorShape shape) {
        ByteBuf buffer = filled(shape).readerIndex(600);
        buffer.capacity(900);
        assertThat(buffer.readerIndex()).isEqualTo(600);
        assertThat(buffer.writerIndex()).isEqualTo(900);
        buffer.capacity(100);
        assertThat(buffer.readerIndex()).isEqualTo(100);
        assertThat(buffer.writerIndex()).isEqualTo(100);
        assertThat(ByteBufUtil.getBytes(buffer, 0, 100)).isEqualTo(part(0, 100));
        buffer.capacity(0);
        assertThat(buffer.capacity()).isZero();
        buffer.writeInt(4711);
        assertThat(buffer.readInt()).isEqualTo(4711);
        assertReleased(buffer);
    }

    @ParameterizedTest
    @EnumSource
    void readsAndWritesNumbersInBothOrdersAtAnyIndex(AllocatorShape shape) {
        ByteBuf buffer = filled(shape);
        ByteBuffer big = ByteBuffer.wrap(BYTES.clone());
        ByteBuffer little = ByteBuffer.wrap(BYTES.clone()).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < 900; i += 7) {
            assertThat(buffer.getByte(i)).isEqualTo(big.get(i));
            assertThat(buffer.getUnsignedByte(i)).isEqualTo((short) (big.get(i) & 0xff));
            assertThat(buffer.getShort(i)).isEqualTo(big.getShort(i));
            assertThat(buffer.getShortLE(i)).isEqualTo(little.getShort(i));
            assertThat(buffer.getUnsignedMedium(i)).isEqualTo(big.getInt(i) >>> 8);
            assertThat(buffer.getUnsignedMediumLE(i)).isEqualTo(little.getInt(i) & 0xffffff);
            assertThat(buffer.getMedium(i)).isEqualTo(big.getInt(i) >> 8);
            assertThat(buffer.getInt(i)).isEqualTo(big.getInt(i));
            assertThat(buffer.getIntLE(i)).isEqualTo(little.getInt(i));
            assertThat(buffer.getLong(i)).isEqualTo(big.getLong(i));
            assertThat(buffer.getLongLE(i)).isEqualTo(little.getLong(i));
            assertThat(Float.floatToRawIntBits(buffer.getFloat(i))).isEqualTo(big.getInt(i));
            assertThat(Double.doubleToRawLongBits(buffer.getDouble(i))).isEqualTo(big.getLong(i));
        }
        buffer.clear();
        buffer.writeByte(0x81)
                .writeShort(0x8283)
                .writeShortLE(0x8485)
                .writeMedium(0x868788)
                .writeMediumLE(0x898a8b);
        buffer.writeInt(0x8c8d8e8f).writeIntLE(0x90919293);
        buffer.writeLong(0x9495969798999a9bL)
                .writeLongLE(0x9c9d9e9fa0a1a2a3L)
                .writeFloat(1.5f)
                .writeDouble(2.5);
        ByteBuffer wanted = ByteBuffer.allocate(47);
        wanted.put((byte) 0x81).putShort((short) 0x8283).put(new byte[] {(byte) 0x85, (byte) 0x84});
        wanted.put(new byte[] {(byte) 0x86, (byte) 0x87, (byte) 0x88, (byte) 0x8b, (byte) 0x8a, (byte) 0x89});
        wanted.putInt(0x8c8d8e8f)
                .putInt(0x93929190)
                .putLong(0x9495969798999a9bL)
                .putLong(0xa3a2a1a09f9e9d9cL);
        wanted.putFloat(1.5f).putDouble(2.5);
        assertThat(ByteBufUtil.getBytes(buffer)).isEqualTo(wanted.array());
        assertReleased(buffer);
    }

    @ParameterizedTest
    @EnumSource
    @SuppressWarnings("deprecation")
    void showsItselfInTheOtherOrder(AllocatorShape shape) {
        ByteBuf buffer = filled(shape);
        assertThat(buffer.order()).isEqualTo(ByteOrder.BIG_ENDIAN);
        ByteBuf little = buffer.order(ByteOrder.LITTLE_ENDIAN);
        assertThat(little.getInt(3)).isEqualTo(buffer.getIntLE(3));
        little.setLong(8, 42);
        assertThat(buffer.getLongLE(8)).isEqualTo(42);
        assertReleased(buffer);
    }

    @ParameterizedTest
    @EnumSource
    void refusesWhatIsOutOfBounds(AllocatorShape shape) {
        ByteBuf buffer = filled(shape);
        byte[] array = new byte[10];
        for (int index : new int[] {-1, 999, 1000, Integer.MAX_VALUE}) {
            assertThatThrownBy(() -> buffer.getShort(index)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> buffer.setLong(index, 1)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> buffer.getBytes(index, array)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> buffer.setBytes(index, array)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> buffer.getBytes(index, ByteBuffer.allocate(10)))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> buffer.setBytes(index, ByteBuffer.allocate(10)))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> buffer.slice(index, 10)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> buffer.copy(index, 10)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> buffer.nioBuffer(index, 10)).isInstanceOf(IndexOutOfBoundsException.class);
        }
        assertThatThrownBy(() -> buffer.readerIndex(1000).readByte()).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> buffer.getBytes(0, array, 5, 6)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> buffer.setBytes(0, array, 5, 6)).isInstanceOf(IndexOutOfBoundsException.class);
        assertReleased(buffer);
    }

    @ParameterizedTest
    @EnumSource
    void copiesToAndFromArraysAndByteBuffers(AllocatorShape shape) {
        ByteBuf buffer = filled(shape);
        byte[] array = new byte[300];
        buffer.getBytes(100, array, 50, 200);
        assertThat(Arrays.copyOfRange(array, 50, 250)).isEqualTo(part(100, 200));
        for (ByteBuffer target : new ByteBuffer[] {ByteBuffer.allocate(300), ByteBuffer.allocateDirect(300)}) {
            target.position(50).limit(250);
            buffer.getBytes(100, target);
            assertThat(target.position()).isEqualTo(250);
            assertThat(target.flip().position(50)).isEqualTo(ByteBuffer.wrap(part(100, 200)));
            for (ByteBuffer source : new ByteBuffer[] {target.duplicate(), target.asReadOnlyBuffer()}) {
                buffer.setZero(0, 300);
                buffer.setBytes(10, source);
                assertThat(source.hasRemaining()).isFalse();
                assertThat(ByteBufUtil.getBytes(buffer, 10, 200)).isEqualTo(part(100, 200));
                assertThat(buffer.getByte(9)).isZero();
                assertThat(buffer.getByte(210)).isZero();
            }
            buffer.setBytes(0, BYTES);
        }
        buffer.setBytes(500, array, 50, 200);
        assertThat(ByteBufUtil.getBytes(buffer, 500, 200)).isEqualTo(part(100, 200));
        assertThat(buffer.readerIndex()).isZero();
        buffer.setBytes(0, BYTES).readBytes(array, 0, 100).readBytes(ByteBuffer.wrap(array));
        assertThat(buffer.readerIndex()).isEqualTo(400);
        assertThat(array).isEqualTo(part(100, 300));
        assertReleased(buffer);
    }

    static Stream<Arguments> pairs() {
        return Stream.of(AllocatorShape.values())
                .flatMap(a -> Stream.of(AllocatorShape.values()).map(b -> Arguments.of(a, b)));
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void copiesToAndFromOtherBuffers(AllocatorShape shape, AllocatorShape otherShape) {
        AllocatorShape.Fixture others = otherShape.open();
        ByteBuf buffer = filled(shape);
        ByteBuf other = others.buffer(500);
        buffer.getBytes(10, other, 20, 300);
        assertThat(ByteBufUtil.getBytes(other, 20, 300)).isEqualTo(part(10, 300));
        other.setIndex(20, 320);
        buffer.setZero(0, 1000).clear().writeBytes(other.slice());
        assertThat(ByteBufUtil.getBytes(buffer)).isEqualTo(part(10, 300));
        buffer.setBytes(400, other.asReadOnly(), 20, 300);
        assertThat(ByteBufUtil.getBytes(buffer, 400, 300)).isEqualTo(part(10, 300));
        CompositeByteBuf composite = others.alloc
                .compositeBuffer()
                .addComponent(true, other.retainedSlice(20, 100))
                .addComponent(true, other.retainedSlice(120, 200));
        buffer.setZero(0, 1000).setBytes(1, composite, 0, 300);
        assertThat(ByteBufUtil.getBytes(buffer, 1, 300)).isEqualTo(part(10, 300));
        if (shape.isOurs()
                || PlatformDependent.hasUnsafe()) { // Netty's throw without: a composite has no internal view
            composite.setZero(0, 300);
            buffer.getBytes(1, composite, 0, 300);
            assertThat(ByteBufUtil.getBytes(other)).isEqualTo(part(10, 300));
        }
        assertThat(buffer.slice(1, 300)).isEqualTo(other).hasSameHashCodeAs(other);
        composite.release();
        assertReleased(buffer);
        assertReleased(other);
        others.verify();
    }

    @ParameterizedTest
    @EnumSource
    void copiesWithinItself(AllocatorShape shape) {
        ByteBuf buffer = filled(shape);
        buffer.setBytes(100, buffer, 0, 500);
        assertThat(ByteBufUtil.getBytes(buffer, 100, 500)).isEqualTo(part(0, 500));
        buffer.setBytes(0, BYTES).getBytes(100, buffer, 0, 500);
        assertThat(ByteBufUtil.getBytes(buffer, 0, 500)).isEqualTo(part(100, 500));
        buffer.setBytes(0, BYTES).readerIndex(300).discardReadBytes();
        assertThat(ByteBufUtil.getBytes(buffer)).isEqualTo(part(300, 700));
        buffer.readerIndex(600).discardSomeReadBytes();
        assertThat(ByteBufUtil.getBytes(buffer)).isEqualTo(part(900, 100));
        assertReleased(buffer);
    }

    @ParameterizedTest
    @EnumSource
    void readsAndWritesStreams(AllocatorShape shape) throws IOException {
        ByteBuf buffer = open(shape, 20_000);
        byte[] much = new byte[20_000];
        new Random(2).nextBytes(much);
        for (int at = 0; at < much.length; ) {
            int read = buffer.setBytes(at, new ByteArrayInputStream(much, at, much.length), much.length - at);
            assertThat(read).isPositive();
            at += read;
        }
        assertThat(buffer.setBytes(0, new ByteArrayInputStream(new byte[0]), 10))
                .isNegative();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        buffer.getBytes(1, out, 19_999);
        assertThat(out.toByteArray()).isEqualTo(Arrays.copyOfRange(much, 1, 20_000));
        buffer.writerIndex(20_000).readBytes(out, 10);
        assertThat(buffer.readerIndex()).isEqualTo(10);
        assertReleased(buffer);
    }

    @ParameterizedTest
    @EnumSource
    void readsAndWritesChannels(AllocatorShape shape, @TempDir Path directory) throws IOException {
        ByteBuf buffer = filled(shape);
        Path path = directory.resolve("bytes");
        try (FileChannel file =
                FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            assertThat(buffer.getBytes(10, file, 5, 200)).isEqualTo(200);
            assertThat(buffer.readBytes(file, 205, 100)).isEqualTo(100);
            assertThat(buffer.readerIndex()).isEqualTo(100);
            assertThat(Arrays.copyOfRange(Files.readAllBytes(path), 5, 205)).isEqualTo(part(10, 200));
            buffer.setZero(0, 1000);
            assertThat(buffer.setBytes(1, file, 5, 200)).isEqualTo(200);
            assertThat(ByteBufUtil.getBytes(buffer, 1, 200)).isEqualTo(part(10, 200));
            assertThat(buffer.setBytes(1, file, 9000, 200)).isNegative();
        }
        Pipe pipe = Pipe.open();
        try (GatheringByteChannel sink = pipe.sink();
                ScatteringByteChannel source = pipe.source()) {
            buffer.setBytes(0, BYTES).readerIndex(0);
            assertThat(buffer.getBytes(10, sink, 200)).isEqualTo(200);
            assertThat(buffer.readBytes(sink, 100)).isEqualTo(100);
            assertThat(buffer.readerIndex()).isEqualTo(100);
            buffer.setZero(0, 1000);
            assertThat(buffer.setBytes(1, source, 200)).isEqualTo(200);
            assertThat(ByteBufUtil.getBytes(buffer, 1, 200)).isEqualTo(part(10, 200));
            assertThat(buffer.clear().writeBytes(source, 100)).isEqualTo(100);
            assertThat(ByteBufUtil.getBytes(buffer)).isEqualTo(part(0, 100));
        }
        assertThat(buffer.setBytes(0, pipe.source(), 1))
                .as("from a closed channel")
                .isNegative();
        assertReleased(buffer);
    }

    @ParameterizedTest
    @EnumSource
    void showsItsMemoryAsByteBuffers(AllocatorShape shape) {
        ByteBuf buffer = filled(shape).skipBytes(3);
        ByteBuffer view = buffer.nioBuffer(100, 200);
        assertThat(view).isEqualTo(ByteBuffer.wrap(part(100, 200)));
        assertThat(view.position()).isZero();
        assertThat(view.order()).isEqualTo(ByteOrder.BIG_ENDIAN);
        assertThat(view.isDirect()).isEqualTo(shape.direct);
        view.put(0, (byte) 42);
        assertThat(buffer.getByte(100)).isEqualTo((byte) 42);
        assertThat(buffer.nioBuffer().remaining()).isEqualTo(997);
        assertThat(buffer.nioBufferCount()).isOne();
        assertThat(buffer.nioBuffers(100, 200)).containsExactly(view);
        ByteBuffer internal = buffer.internalNioBuffer(100, 200);
        assertThat(internal).isEqualTo(view);
        internal.position(internal.limit());
        assertThat(buffer.internalNioBuffer(0, 10).remaining()).isEqualTo(10);
        assertThat(buffer.getByte(999)).as("read while a view moves").isEqualTo(BYTES[999]);
        assertReleased(buffer);
    }

    @ParameterizedTest
    @EnumSource
    void tellsWhereItsMemoryIs(AllocatorShape shape) {
        ByteBuf buffer = filled(shape);
        assertThat(buffer.hasArray()).isEqualTo(!shape.direct);
        if (shape.direct) {
            assertThatThrownBy(buffer::array).isInstanceOf(UnsupportedOperationException.class);
            assertThatThrownBy(buffer::arrayOffset).isInstanceOf(UnsupportedOperationException.class);
            assertThat(buffer.hasMemoryAddress())
                    .isEqualTo(PlatformDependent.hasDirectByteBufferAddress(ByteBuffer.allocateDirect(1)));
            if (buffer.hasMemoryAddress()) {
                assertThat(buffer.slice(10, 10).memoryAddress()).isEqualTo(buffer.memoryAddress() + 10);
            } else if (shape != AllocatorShape.NETTY_ADAPTIVE_DIRECT) { // which answers 0
                assertThatThrownBy(buffer::memoryAddress).isInstanceOf(UnsupportedOperationException.class);
            }
        } else {
            assertThat(buffer.array()[buffer.arrayOffset() + 7]).isEqualTo(BYTES[7]);
            assertThat(buffer.hasMemoryAddress()).isFalse();
            assertThatThrownBy(buffer::memoryAddress).isInstanceOf(UnsupportedOperationException.class);
        }
        assertReleased(buffer);
    }

    @ParameterizedTest
    @EnumSource
    void sharesItsMemoryWithWhatIsDerivedFromIt(AllocatorShape shape) {
        ByteBuf buffer = filled(shape);
        ByteBuf slice = buffer.retainedSlice(100, 200);
        ByteBuf duplicate = buffer.retainedDuplicate();
        ByteBuf nested = slice.retainedSlice(10, 20);
        buffer.setByte(115, 42);
        assertThat(slice.getByte(15)).isEqualTo((byte) 42);
        assertThat(nested.getByte(5)).isEqualTo((byte) 42);
        duplicate.setByte(115, 43);
        assertThat(nested.getByte(5)).isEqualTo((byte) 43);
        buffer.readRetainedSlice(100).release();
        assertThat(buffer.release()).as("the last release").isFalse();
        slice.release();
        assertThat(duplicate.getByte(200)).isEqualTo(BYTES[200]);
        duplicate.release();
        assertThat(nested.getByte(6)).isEqualTo(BYTES[116]);
        assertReleased(nested);
        assertThat(buffer.refCnt()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void isReadOnlyThroughAReadOnlyView(AllocatorShape shape) {
        ByteBuf buffer = filled(shape);
        ByteBuf readOnly = buffer.asReadOnly();
        assertThat(readOnly.getLong(8)).isEqualTo(buffer.getLong(8));
        assertThat(readOnly.nioBuffer().isReadOnly()).isTrue();
        assertThatThrownBy(() -> readOnly.setByte(0, 1)).isInstanceOf(java.nio.ReadOnlyBufferException.class);
        assertReleased(buffer);
    }

    @ParameterizedTest
    @EnumSource
    void copiesAreIndependent(AllocatorShape shape) {
        ByteBuf buffer = filled(shape);
        ByteBuf copy = buffer.copy(100, 200);
        assertThat(copy.isDirect()).isEqualTo(shape.direct);
        assertThat(copy.readableBytes()).isEqualTo(200);
        buffer.setZero(0, 1000);
        assertThat(ByteBufUtil.getBytes(copy)).isEqualTo(part(100, 200));
        copy.writeBytes(BYTES);
        assertThat(copy.readableBytes()).isEqualTo(1200);
        ByteBuf none = buffer.copy(0, 0);
        assertThat(none.readableBytes()).isZero();
        none.release();
        assertReleased(copy);
        assertReleased(buffer);
    }

    @ParameterizedTest
    @EnumSource
    void joinsInComposites(AllocatorShape shape) {
        ByteBuf buffer = filled(shape);
        CompositeByteBuf composite = fixture.alloc.compositeBuffer(4);
        for (int i = 0; i < 10; i++) {
            composite.addComponent(true, buffer.retainedSlice(i * 100, 100));
        }
        assertThat(composite.numComponents()).isLessThanOrEqualTo(4);
        assertThat(ByteBufUtil.getBytes(composite)).isEqualTo(BYTES);
        assertThat(composite.getLong(96)).isEqualTo(buffer.getLong(96));
        composite.writeBytes(BYTES);
        composite.consolidate();
        assertThat(composite.numComponents()).isOne();
        composite.readerIndex(1500).discardReadComponents();
        assertThat(ByteBufUtil.getBytes(composite)).isEqualTo(part(500, 500));
        composite.release();
        assertReleased(buffer);
    }

    @ParameterizedTest
    @EnumSource
    void findsBytesAndText(AllocatorShape shape) {
        String text = "über\r\nabc \uD83D\uDE00";
        ByteBuf buffer = open(shape, 0);
        assertThat(buffer.writeCharSequence(text, UTF_8)).isEqualTo(15);
        assertThat(buffer.toString(UTF_8)).isEqualTo(text);
        assertThat(buffer.indexOf(0, 15, (byte) '\r')).isEqualTo(5);
        assertThat(buffer.bytesBefore((byte) 'b')).isEqualTo(2);
        assertThat(buffer.forEachByte(ByteProcessor.FIND_LF)).isEqualTo(6);
        assertThat(buffer.forEachByteDesc(ByteProcessor.FIND_CR)).isEqualTo(5);
        assertThat(ByteBufUtil.indexOf(Unpooled.copiedBuffer("abc", US_ASCII), buffer))
                .isEqualTo(7);
        assertThat(buffer.compareTo(Unpooled.copiedBuffer(text, UTF_8))).isZero();
        buffer.clear().writeCharSequence("plain", US_ASCII);
        assertThat(buffer.readCharSequence(5, US_ASCII)).hasToString("plain");
        ByteBufUtil.writeUtf8(buffer, "é");
        assertThat(ByteBufUtil.hexDump(buffer)).isEqualTo("c3a9");
        assertThat(buffer.toString()).contains("widx: 7");
        assertReleased(buffer);
    }

    @ParameterizedTest
    @EnumSource
    void endsWithItsLastReference(AllocatorShape shape) {
        ByteBuf buffer = filled(shape);
        ByteBuf slice = buffer.slice(1, 10);
        buffer.retain().retain(2);
        assertThat(buffer.release(3)).isFalse();
        assertReleased(buffer);
        assertThatThrownBy(buffer::release).isInstanceOf(IllegalReferenceCountException.class);
        assertThatThrownBy(() -> buffer.release(2)).isInstanceOf(IllegalReferenceCountException.class);
        assertThatThrownBy(buffer::retain).isInstanceOf(IllegalReferenceCountException.class);
        assertThatThrownBy(() -> buffer.getByte(0)).isInstanceOf(IllegalReferenceCountException.class);
        assertThatThrownBy(() -> buffer.setInt(0, 1)).isInstanceOf(IllegalReferenceCountException.class);
        assertThatThrownBy(() -> buffer.getBytes(0, new byte[1])).isInstanceOf(IllegalReferenceCountException.class);
        assertThatThrownBy(() -> buffer.capacity(10)).isInstanceOf(IllegalReferenceCountException.class);
        assertThatThrownBy(buffer::nioBuffer).isInstanceOf(IllegalReferenceCountException.class);
        assertThatThrownBy(() -> buffer.copy(0, 1)).isInstanceOf(IllegalReferenceCountException.class);
        assertThatThrownBy(() -> slice.getByte(0)).isInstanceOf(IllegalReferenceCountException.class);
    }

    @ParameterizedTest
    @EnumSource
    void isReleasedOnAnyThread(AllocatorShape shape) {
        ByteBuf buffer = filled(shape).retain(3);
        CompletableFuture<?>[] releases = Stream.generate(() -> CompletableFuture.runAsync(buffer::release))
                .limit(4)
                .toArray(CompletableFuture<?>[]::new);
        CompletableFuture.allOf(releases).join();
        assertThat(buffer.refCnt()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void anAllocatorMakesEveryKindOfBuffer(AllocatorShape shape) throws IOException {
        fixture = shape.open();
        ByteBuf[] made = {
            fixture.alloc.buffer(),
            fixture.alloc.buffer(100),
            fixture.alloc.buffer(100, 200),
            fixture.alloc.ioBuffer(),
            fixture.alloc.ioBuffer(100),
            fixture.alloc.ioBuffer(100, 200),
            fixture.alloc.heapBuffer(),
            fixture.alloc.heapBuffer(100),
            fixture.alloc.heapBuffer(100, 200),
            fixture.alloc.directBuffer(),
            fixture.alloc.directBuffer(100),
            fixture.alloc.directBuffer(100, 200),
            fixture.alloc.compositeBuffer(),
            fixture.alloc.compositeBuffer(3),
            fixture.alloc.compositeHeapBuffer(),
            fixture.alloc.compositeHeapBuffer(3),
            fixture.alloc.compositeDirectBuffer(),
            fixture.alloc.compositeDirectBuffer(3)
        };
        for (ByteBuf buffer : made) {
            buffer.writeBytes(BYTES, 0, 150);
            assertThat(ByteBufUtil.getBytes(buffer)).isEqualTo(part(0, 150));
            assertReleased(buffer);
        }
        assertThat(fixture.alloc.buffer(0, 0).capacity()).isZero();
        assertThatThrownBy(() -> fixture.alloc.buffer(-1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> fixture.alloc.buffer(2, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThat(fixture.alloc.calculateNewCapacity(1000, 5000)).isBetween(1000, 5000);
        assertThat(fixture.alloc.calculateNewCapacity(5000, 5000)).isEqualTo(5000);
        assertThatThrownBy(() -> fixture.alloc.calculateNewCapacity(5001, 5000))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
