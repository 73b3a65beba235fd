package dev.sluice.flux;

import dev.sluice.testing.ByteSinkContract;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** The sinks of the package keep the promises that a program's own must keep. */
class OwnSinksContractTest {

    @TempDir
    Path dir;

    /** To a file. */
    private abstract class ToFile extends ByteSinkContract {

        final WriteOption[] options;
        Path target;

        ToFile(WriteOption... options) {
            this.options = options;
        }

        @Override
        protected ByteSink.Opener sink() throws IOException {
            target = Files.createTempDirectory(dir, "sink").resolve("target");
            return ByteSinks.file(target, options);
        }

        @Override
        protected byte[] written() throws IOException {
            return Files.readAllBytes(target);
        }
    }

    /** To memory, by way of something that is made for each sink. */
    private abstract static class ToMemory extends ByteSinkContract {

        ByteArrayOutputStream all = new ByteArrayOutputStream();

        @Override
        protected ByteSink.Opener sink() throws IOException {
            all = new ByteArrayOutputStream();
            return to(all);
        }

        abstract ByteSink.Opener to(ByteArrayOutputStream memory) throws IOException;

        @Override
        protected byte[] written() {
            return all.toByteArray();
        }
    }

    @Nested
    class ToAFile extends ToFile {}

    @Nested
    class ToANewFile extends ToFile {
        ToANewFile() {
            super(WriteOption.CREATE_NEW, WriteOption.FORCE);
        }
    }

    @Nested
    class ToTheEndOfAFile extends ToFile {
        ToTheEndOfAFile() {
            super(WriteOption.APPEND);
        }
    }

    @Nested
    class ToAStream extends ToMemory {
        @Override
        ByteSink.Opener to(ByteArrayOutputStream memory) {
            return ByteSinks.stream(memory);
        }
    }

    @Nested
    class ToAChannel extends ToMemory {
        @Override
        ByteSink.Opener to(ByteArrayOutputStream memory) {
            return ByteSinks.channel(Channels.newChannel(memory));
        }
    }

    @Nested
    class ToAGatheringChannel extends ByteSinkContract {

        private Path target;

        @Override
        protected ByteSink.Opener sink() throws IOException {
            target = Files.createTempFile(dir, "sink", "");
            return ByteSinks.channel(new RandomAccessFile(target.toFile(), "rw").getChannel());
        }

        @Override
        protected byte[] written() throws IOException {
            return Files.readAllBytes(target);
        }
    }

    @Nested
    class ToAnAsynchronousChannel extends ToMemory {
        @Override
        ByteSink.Opener to(ByteArrayOutputStream memory) {
            return asynchronous(memory, ForkJoinPool.commonPool());
        }

        @Override
        protected Scheduler scheduler() {
            return Schedulers.immediate();
        }
    }

    @Nested
    class ToAnAsynchronousChannelThatAnswersAtOnce extends ToMemory {
        @Override
        ByteSink.Opener to(ByteArrayOutputStream memory) {
            return asynchronous(memory, Runnable::run);
        }
    }

    /** Takes a few hundred bytes at a time. */
    private static ByteSink.Opener asynchronous(ByteArrayOutputStream memory, Executor executor) {
        return ByteSinks.asynchronousChannel(new AsynchronousFake(executor) {
            @Override
            int transfer(ByteBuffer from) {
                byte[] some = new byte[Math.min(700, from.remaining())];
                from.get(some);
                memory.writeBytes(some);
                return some.length;
            }
        });
    }
}
