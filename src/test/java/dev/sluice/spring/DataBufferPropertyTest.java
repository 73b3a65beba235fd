package dev.sluice.spring;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.spring.AnyFactory.Opened;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBuffer.ByteBufferIterator;
import org.springframework.core.io.buffer.DataBufferUtils;

/** Random operations on a few buffers at once, each compared with an array and two positions. */
@SuppressWarnings("deprecation")
class DataBufferPropertyTest {

    private static final int RUNS = 60;
    private static final int STEPS = 120;

    @ParameterizedTest
    @EnumSource
    void behavesAsAnArrayWithTwoPositions(AnyFactory any) {
        for (int run = 0; run < RUNS; run++) {
            try (Opened opened = any.open()) {
                new Run(any, opened, new Random(run)).go("%s, seed %d".formatted(any, run));
            }
        }
    }

    /** What is known of a buffer: the bytes from 0 to the write position. */
    private static final class Model {

        final DataBuffer buffer;
        byte[] written;
        int read;

        Model(DataBuffer buffer, byte[] written, int read) {
            this.buffer = buffer;
            this.written = written;
            this.read = read;
        }

        byte[] readable() {
            return Arrays.copyOfRange(written, read, written.length);
        }

        void append(byte[] more) {
            int before = written.length;
            written = Arrays.copyOf(written, before + more.length);
            System.arraycopy(more, 0, written, before, more.length);
        }
    }

    private static final class Run {

        private final AnyFactory any;
        private final Opened opened;
        private final Random random;
        private final List<Model> models = new ArrayList<>();

        Run(AnyFactory any, Opened opened, Random random) {
            this.any = any;
            this.opened = opened;
            this.random = random;
        }

        void go(String what) {
            for (int step = 0; step < STEPS; step++) {
                if (models.isEmpty() || random.nextInt(8) == 0) {
                    models.add(new Model(opened.factory.allocateBuffer(random.nextInt(40)), new byte[0], 0));
                }
                Model model = models.get(random.nextInt(models.size()));
                step(model);
                for (Model each : models) {
                    verify(what + ", step " + step, each);
                }
            }
            models.forEach(model -> assertThat(released(model)).as(what).isTrue());
        }

        private boolean released(Model model) {
            return DataBufferUtils.release(model.buffer) || any.name().startsWith("DEFAULT") || isPartOfNetty();
        }

        /** Netty's parts share one count. */
        private boolean isPartOfNetty() {
            return any.name().startsWith("NETTY");
        }

        private void step(Model model) {
            DataBuffer buffer = model.buffer;
            switch (random.nextInt(13)) {
                case 0 -> write(model, random.nextInt(200));
                case 1 -> {
                    byte[] more = some(random.nextInt(30));
                    if (canGrow(buffer, more.length)) {
                        buffer.write(ByteBuffer.wrap(more));
                        model.append(more);
                    }
                }
                case 2 -> {
                    Model other = models.get(random.nextInt(models.size()));
                    byte[] more = other.readable();
                    if (other != model && canGrow(buffer, more.length)) {
                        int before = other.buffer.readPosition();
                        buffer.write(other.buffer);
                        model.append(more);
                        other.buffer.readPosition(before);
                    }
                }
                case 3 -> {
                    byte[] read = new byte[random.nextInt(model.readable().length + 1)];
                    buffer.read(read);
                    assertThat(read).isEqualTo(Arrays.copyOfRange(model.written, model.read, model.read + read.length));
                    model.read += read.length;
                }
                case 4 -> {
                    model.read = random.nextInt(model.written.length + 1);
                    buffer.readPosition(model.read);
                }
                case 5 -> {
                    int position = model.read + random.nextInt(model.readable().length + 1);
                    buffer.writePosition(position);
                    model.written = Arrays.copyOf(model.written, position);
                }
                case 6 -> split(model, random.nextInt(buffer.capacity() + 1));
                case 7 -> {
                    if (canGrow(buffer, 300)) {
                        buffer.ensureWritable(random.nextInt(300));
                    }
                }
                case 8 -> {
                    String text = "äö".repeat(random.nextInt(20));
                    if (canGrow(buffer, 3 * text.length())) {
                        buffer.write(text, ISO_8859_1);
                        model.append(text.getBytes(ISO_8859_1));
                    }
                }
                case 9 -> {
                    DataBuffer joined = opened.factory.join(List.of(
                            opened.factory.wrap(some(7)), DataBufferUtils.retain(opened.factory.wrap(some(3)))));
                    assertThat(joined.readableByteCount()).isEqualTo(10);
                    DataBufferUtils.release(joined);
                }
                case 10 -> {
                    byte[] more = some(buffer.writableByteCount());
                    try (ByteBufferIterator room = buffer.writableByteBuffers()) {
                        while (room.hasNext()) {
                            ByteBuffer part = room.next();
                            part.put(more, 0, part.remaining());
                        }
                    }
                    buffer.writePosition(buffer.capacity());
                    model.append(more);
                }
                case 11 -> {
                    if (model.written.length > 0) {
                        int from = random.nextInt(model.written.length);
                        int length = random.nextInt(model.written.length - from + 1);
                        byte[] expected = Arrays.copyOfRange(model.written, from, from + length);
                        DataBuffer slice = buffer.retainedSlice(from, length);
                        assertThat(bytes(slice)).isEqualTo(expected);
                        DataBufferUtils.release(slice);
                    }
                }
                default -> {
                    models.remove(model);
                    DataBufferUtils.release(buffer);
                }
            }
        }

        private void write(Model model, int length) {
            byte[] more = some(length);
            if (canGrow(model.buffer, length)) {
                model.buffer.write(more);
                model.append(more);
            }
        }

        private void split(Model model, int index) {
            byte[] written = model.written;
            DataBuffer head = model.buffer.split(index);
            int cut = Math.min(index, written.length);
            models.add(new Model(head, Arrays.copyOf(written, cut), Math.min(model.read, index)));
            model.written = Arrays.copyOfRange(written, cut, written.length);
            model.read = Math.max(model.read, index) - index;
        }

        /** Netty's parts of a split cannot. */
        private boolean canGrow(DataBuffer buffer, int length) {
            return !isPartOfNetty() || buffer.writableByteCount() >= length;
        }

        private byte[] some(int length) {
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            return bytes;
        }
    }

    private static void verify(String what, Model model) {
        DataBuffer buffer = model.buffer;
        assertThat(buffer.readPosition()).as(what).isEqualTo(model.read);
        assertThat(buffer.writePosition()).as(what).isEqualTo(model.written.length);
        assertThat(buffer.capacity()).as(what).isGreaterThanOrEqualTo(model.written.length);
        assertThat(bytes(buffer)).as(what).isEqualTo(model.readable());
        for (int i = 0; i < model.written.length; i += 7) {
            assertThat(buffer.getByte(i)).as(what).isEqualTo(model.written[i]);
        }
    }

    private static byte[] bytes(DataBuffer buffer) {
        ByteBuffer copy = ByteBuffer.allocate(buffer.readableByteCount());
        buffer.toByteBuffer(copy);
        return copy.array();
    }
}
