package dev.sluice.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.PooledBuffer;
import dev.sluice.flux.ByteSink;
import dev.sluice.flux.ByteSource;
import dev.sluice.flux.Stage;
import dev.sluice.flux.StageMemory;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a source, a sink or a stage may do wrong, the contracts find. */
class ContractsTest {

    private static final Duration SOON = Duration.ofMillis(200);

    private static Fault fault = Fault.NONE;

    private enum Fault {
        NONE,
        SOURCE_LOSES_A_BYTE,
        SOURCE_SHARES_ITS_POSITION,
        SOURCE_ANNOUNCES_TOO_LITTLE,
        SOURCE_SAYS_ON_FOR_NOTHING,
        SOURCE_ANSWERS_UNASKED,
        SINK_KEEPS_A_BUFFER,
        SINK_LEAVES_BYTES,
        SINK_NEVER_ANSWERS,
        STAGE_FORGETS_ITS_INPUT,
        STAGE_SEES_CUTS,
        STAGE_KEEPS_ITS_INPUT_ON_CANCEL,
        STAGE_ACCEPTS_EVERYTHING
    }

    @ParameterizedTest
    @EnumSource
    void areFound(Fault wrong) {
        fault = wrong;
        String kind = wrong.name().replaceFirst("_.*", "");
        for (Class<?> contract : List.of(SourceUnderTest.class, SinkUnderTest.class, StageUnderTest.class)) {
            List<String> failed = JUnitRun.of(contract).failedNames();
            if (contract.getSimpleName().toUpperCase(Locale.ROOT).startsWith(kind)) {
                assertThat(failed).as("%s", wrong).isNotEmpty();
            } else {
                assertThat(failed)
                        .as("%s is not its fault: %s", contract, wrong)
                        .isEmpty();
            }
        }
    }

    static class SourceUnderTest extends ByteSourceContract {

        @Override
        protected ByteSource.Opener source(byte[] content) {
            ByteBuffer shared = ByteBuffer.wrap(content);
            return answered ->
                    new Bytes(fault == Fault.SOURCE_SHARES_ITS_POSITION ? shared : shared.duplicate(), answered);
        }

        @Override
        protected ByteSource.Opener failing(byte[] content) {
            return answered -> new Bytes(ByteBuffer.wrap(content), answered) {
                @Override
                public boolean isAtEnd() {
                    return false;
                }

                @Override
                public long remainingBytes() {
                    return UNKNOWN;
                }

                @Override
                public Read read(ByteBuffer target) throws IOException {
                    if (super.isAtEnd()) {
                        throw new IOException("broken");
                    }
                    return super.read(target);
                }
            };
        }

        @Override
        protected Duration limit() {
            return fault == Fault.NONE ? super.limit() : SOON;
        }
    }

    private static class Bytes implements ByteSource {

        private final ByteBuffer left;
        private final Runnable answered;

        Bytes(ByteBuffer left, Runnable answered) {
            this.left = left;
            this.answered = answered;
        }

        @Override
        public long remainingBytes() {
            return fault == Fault.SOURCE_ANNOUNCES_TOO_LITTLE ? Math.min(10, left.remaining()) : left.remaining();
        }

        @Override
        public boolean isAtEnd() {
            return !left.hasRemaining();
        }

        @Override
        public Read read(ByteBuffer target) throws IOException {
            int length = Math.min(target.remaining(), left.remaining());
            target.put(left.slice().limit(length));
            left.position(left.position() + length);
            if (fault == Fault.SOURCE_LOSES_A_BYTE && length > 1) {
                target.position(target.position() - 1);
            } else if (fault == Fault.SOURCE_ANSWERS_UNASKED) {
                answered.run();
            } else if (fault == Fault.SOURCE_SAYS_ON_FOR_NOTHING && left.remaining() == 0) {
                return target.put(target.position() - length, (byte) 0).hasRemaining() ? Read.ON : Read.ENOUGH;
            }
            return Read.ENOUGH;
        }

        @Override
        public void close() {}
    }

    static class SinkUnderTest extends ByteSinkContract {

        private ByteArrayOutputStream all = new ByteArrayOutputStream();

        @Override
        protected ByteSink.Opener sink() {
            all = new ByteArrayOutputStream();
            return answered -> new Memory(all);
        }

        @Override
        protected byte[] written() {
            return all.toByteArray();
        }

        @Override
        protected Duration limit() {
            return fault == Fault.NONE ? super.limit() : SOON;
        }
    }

    private static final class Memory implements ByteSink {

        private final ByteArrayOutputStream all;
        private final List<ByteBuffer> kept = new ArrayList<>();

        Memory(ByteArrayOutputStream all) {
            this.all = all;
        }

        @Override
        public boolean write(ByteBuffer bytes) {
            if (fault == Fault.SINK_NEVER_ANSWERS) {
                return false;
            } else if (fault == Fault.SINK_KEEPS_A_BUFFER) {
                kept.add(bytes.duplicate());
                bytes.position(bytes.limit());
                return true;
            }
            byte[] some = new byte[bytes.remaining()];
            (fault == Fault.SINK_LEAVES_BYTES ? bytes.duplicate() : bytes).get(some);
            all.writeBytes(some);
            return true;
        }

        @Override
        public void commit() {
            for (ByteBuffer each : kept) {
                while (each.hasRemaining()) {
                    all.write(each.get());
                }
            }
        }

        @Override
        public void abort() {}
    }

    static class StageUnderTest extends StageContract<Integer> {

        @Override
        protected Stage<Integer> stage(StageMemory memory) {
            return new Pairs();
        }

        @Override
        protected byte[] input() {
            byte[] input = new byte[200];
            Arrays.fill(input, (byte) 3);
            return input;
        }

        @Override
        protected List<?> expected() {
            return IntStream.range(0, 100).mapToObj(i -> 6).toList();
        }

        @Override
        protected List<byte[]> malformed() {
            return List.of(new byte[] {1});
        }

        @Override
        protected Duration limit() {
            return fault == Fault.NONE ? super.limit() : SOON;
        }
    }

    /** Adds two bytes at a time. */
    private static final class Pairs implements Stage<Integer> {

        private @Nullable PooledBuffer input;
        private int at;
        private int first = -1;
        private boolean ended;

        @Override
        public void accept(PooledBuffer next) {
            if (input != null && fault != Fault.STAGE_FORGETS_ITS_INPUT) {
                input.release();
            }
            input = next;
            at = 0;
            first = fault == Fault.STAGE_SEES_CUTS ? -1 : first;
        }

        @Override
        public @Nullable Integer next() throws IOException {
            PooledBuffer now = input;
            while (now != null && at < now.length()) {
                int value = now.byteBuffer().get(at++);
                if (first >= 0) {
                    int sum = first + value;
                    first = -1;
                    return sum;
                }
                first = value;
            }
            if (ended && first >= 0 && fault != Fault.STAGE_ACCEPTS_EVERYTHING) {
                throw new EOFException("half a pair");
            }
            return null;
        }

        @Override
        public void end() {
            ended = true;
        }

        @Override
        public void release() {
            if (input != null && (fault != Fault.STAGE_KEEPS_ITS_INPUT_ON_CANCEL || ended)) {
                input.release();
                input = null;
            }
        }
    }
}
