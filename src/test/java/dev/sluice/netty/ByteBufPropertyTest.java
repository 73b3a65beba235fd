package dev.sluice.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.CompositeByteBuf;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.GatheringByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Random operations on a buffer, each checked against an array and two indices. */
class ByteBufPropertyTest {

    private static final int STEPS = 1000;
    private static final int MOST = 10_000;

    static Stream<Arguments> runs() {
        return Stream.of(AllocatorShape.values())
                .flatMap(shape -> Stream.of(1L, 2L, 3L).map(seed -> Arguments.of(shape, seed)));
    }

    @ParameterizedTest
    @MethodSource("runs")
    void behavesLikeAnArrayWithTwoIndices(AllocatorShape shape, long seed) throws IOException {
        AllocatorShape.Fixture fixture = shape.open();
        Run run = new Run(fixture, new Random(seed));
        for (int step = 0; step < STEPS; step++) {
            run.step();
            run.check(step);
        }
        run.end();
        fixture.verify();
    }

    private static final class Run {

        private final AllocatorShape.Fixture fixture;
        private final Random random;
        private final List<ByteBuf> derived = new ArrayList<>();
        private ByteBuf buffer;
        private byte[] model;
        private int reader;
        private int writer;
        private String last = "";

        Run(AllocatorShape.Fixture fixture, Random random) {
            this.fixture = fixture;
            this.random = random;
            this.model = new byte[random.nextInt(300)];
            this.buffer = fixture.buffer(model.length, MOST).setZero(0, model.length);
        }

        private byte[] bytes(int length) {
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            return bytes;
        }

        private int upTo(int bound) {
            return random.nextInt(bound + 1);
        }

        void step() throws IOException {
            int operation = random.nextInt(16);
            last = "operation " + operation;
            switch (operation) {
                case 0, 1 -> write();
                case 2 -> read();
                case 3 -> set();
                case 4 -> setNumber();
                case 5 -> resize();
                case 6 -> discard();
                case 7 -> indices();
                case 8 -> derive();
                case 9 -> copy();
                case 10 -> views();
                case 11 -> channels();
                case 12 -> compose();
                case 13 -> within();
                case 14 -> ensure();
                default -> zero();
            }
        }

        private void write() {
            byte[] bytes = bytes(upTo(random.nextInt(8) == 0 ? 4000 : 300));
            if (writer + bytes.length > MOST) {
                return;
            }
            switch (random.nextInt(3)) {
                case 0 -> buffer.writeBytes(bytes);
                case 1 -> buffer.writeBytes(ByteBuffer.wrap(bytes));
                default -> {
                    ByteBuf source = fixture.buffer(bytes.length).writeBytes(bytes);
                    buffer.writeBytes(source);
                    source.release();
                }
            }
            int end = writer + bytes.length;
            growModelTo(end);
            System.arraycopy(bytes, 0, model, writer, bytes.length);
            writer = end;
        }

        /** What a buffer grows by beyond what it needs is its own choice, and so is what lies there. */
        private void growModelTo(int least) {
            assertThat(buffer.capacity()).isGreaterThanOrEqualTo(least);
            int before = model.length;
            if (buffer.capacity() > before) {
                model = Arrays.copyOf(model, buffer.capacity());
                buffer.setZero(Math.max(before, least), Math.max(0, model.length - Math.max(before, least)));
            }
        }

        private void read() {
            int length = upTo(writer - reader);
            byte[] expected = Arrays.copyOfRange(model, reader, reader + length);
            byte[] actual = new byte[length];
            switch (random.nextInt(4)) {
                case 0 -> buffer.readBytes(actual);
                case 1 -> buffer.readBytes(ByteBuffer.wrap(actual));
                case 2 -> buffer.readSlice(length).getBytes(0, actual);
                default -> {
                    ByteBuf part = buffer.readBytes(length);
                    part.readBytes(actual);
                    part.release();
                }
            }
            assertThat(actual).isEqualTo(expected);
            reader += length;
        }

        private void set() {
            int index = upTo(model.length);
            byte[] bytes = bytes(upTo(model.length - index));
            buffer.setBytes(index, bytes);
            System.arraycopy(bytes, 0, model, index, bytes.length);
        }

        private void setNumber() {
            if (model.length < 8) {
                return;
            }
            int index = upTo(model.length - 8);
            long value = random.nextLong();
            ByteBuffer wrapped = ByteBuffer.wrap(model);
            if (random.nextBoolean()) {
                buffer.setLong(index, value);
                wrapped.putLong(index, value);
            } else {
                buffer.setIntLE(index, (int) value);
                wrapped.putInt(index, Integer.reverseBytes((int) value));
            }
            assertThat(buffer.getUnsignedMedium(index)).isEqualTo(wrapped.getInt(index) >>> 8);
        }

        private void resize() {
            int before = model.length;
            int capacity = random.nextInt(4) == 0 ? upTo(MOST) : upTo(Math.min(MOST, before * 2 + 10));
            buffer.capacity(capacity);
            model = Arrays.copyOf(model, capacity);
            if (capacity > before) {
                buffer.setZero(before, capacity - before);
            }
            reader = Math.min(reader, capacity);
            writer = Math.min(writer, capacity);
            derived.forEach(ByteBuf::release);
            derived.clear();
        }

        private void discard() {
            buffer.discardReadBytes();
            System.arraycopy(model, reader, model, 0, writer - reader);
            writer -= reader;
            reader = 0;
        }

        private void indices() {
            writer = upTo(model.length);
            reader = upTo(writer);
            buffer.setIndex(reader, writer);
        }

        private void derive() {
            int index = upTo(model.length);
            int length = upTo(model.length - index);
            ByteBuf part = random.nextBoolean()
                    ? buffer.retainedSlice(index, length)
                    : buffer.retainedDuplicate().setIndex(index, index + length);
            assertThat(ByteBufUtil.getBytes(part)).isEqualTo(Arrays.copyOfRange(model, index, index + length));
            if (length > 0) {
                int at = part.readerIndex() + random.nextInt(length);
                part.setByte(at, 99);
                model[index + at - part.readerIndex()] = 99;
            }
            derived.add(part);
            if (derived.size() > 5) {
                derived.remove(0).release();
            }
        }

        private void copy() {
            int index = upTo(model.length);
            int length = upTo(model.length - index);
            ByteBuf copy = buffer.copy(index, length);
            assertThat(ByteBufUtil.getBytes(copy)).isEqualTo(Arrays.copyOfRange(model, index, index + length));
            copy.setZero(0, length);
            copy.release();
        }

        private void views() {
            int index = upTo(model.length);
            int length = upTo(model.length - index);
            ByteBuffer expected = ByteBuffer.wrap(model, index, length);
            assertThat(buffer.nioBuffer(index, length)).isEqualTo(expected);
            assertThat(buffer.internalNioBuffer(index, length)).isEqualTo(expected);
            assertThat(buffer.nioBuffers(index, length)).containsExactly(expected);
            if (length > 0) {
                buffer.nioBuffer(index, length).put(0, (byte) 77);
                model[index] = 77;
            }
        }

        private void channels() throws IOException {
            int length = upTo(writer - reader);
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            int index = upTo(model.length - length);
            assertThat(buffer.getBytes(index, new Gathering(Channels.newChannel(out)), length))
                    .isEqualTo(length);
            assertThat(out.toByteArray()).isEqualTo(Arrays.copyOfRange(model, index, index + length));
            out.reset();
            buffer.readBytes(new Gathering(Channels.newChannel(out)), length);
            buffer.getBytes(index, out, length);
            assertThat(Arrays.copyOf(out.toByteArray(), length))
                    .isEqualTo(Arrays.copyOfRange(model, reader, reader + length));
            reader += length;
        }

        private void compose() {
            int cut = upTo(writer - reader);
            CompositeByteBuf composite = fixture.alloc
                    .compositeBuffer()
                    .addComponent(true, buffer.retainedSlice(reader, cut))
                    .addComponent(true, buffer.retainedSlice(reader + cut, writer - reader - cut));
            assertThat(ByteBufUtil.getBytes(composite)).isEqualTo(Arrays.copyOfRange(model, reader, writer));
            composite.writeBytes(bytes(10)).consolidate();
            composite.release();
        }

        private void within() {
            int length = upTo(model.length);
            int from = upTo(model.length - length);
            int to = upTo(model.length - length);
            if (random.nextBoolean()) {
                buffer.setBytes(to, buffer, from, length);
            } else {
                buffer.getBytes(from, buffer, to, length);
            }
            System.arraycopy(model, from, model, to, length);
        }

        private void ensure() {
            int room = upTo(Math.min(500, MOST - writer));
            buffer.ensureWritable(room);
            growModelTo(model.length);
            assertThat(buffer.writableBytes()).isGreaterThanOrEqualTo(room);
        }

        private void zero() {
            int index = upTo(model.length);
            int length = upTo(model.length - index);
            buffer.setZero(index, length);
            Arrays.fill(model, index, index + length, (byte) 0);
        }

        void check(int step) {
            boolean same = buffer.capacity() == model.length
                    && buffer.readerIndex() == reader
                    && buffer.writerIndex() == writer
                    && buffer.nioBuffer(0, model.length).equals(ByteBuffer.wrap(model));
            if (!same) {
                assertThat(buffer)
                        .as("after step %d, %s", step, last)
                        .hasToString("reader %d, writer %d, capacity %d".formatted(reader, writer, model.length));
            }
        }

        void end() {
            derived.forEach(ByteBuf::release);
            assertThat(buffer.release()).isTrue();
        }
    }

    /** A channel that gathers by writing one after the other. */
    private record Gathering(WritableByteChannel channel) implements GatheringByteChannel {

        @Override
        public int write(ByteBuffer source) throws IOException {
            return channel.write(source);
        }

        @Override
        public long write(ByteBuffer[] sources) throws IOException {
            return write(sources, 0, sources.length);
        }

        @Override
        public long write(ByteBuffer[] sources, int offset, int length) throws IOException {
            long written = 0;
            for (int i = offset; i < offset + length; i++) {
                written += channel.write(sources[i]);
            }
            return written;
        }

        @Override
        public boolean isOpen() {
            return channel.isOpen();
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
