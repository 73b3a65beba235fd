package dev.sluice.flux;

import dev.sluice.testing.ByteSourceContract;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ForkJoinPool;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** The sources of the package keep the promises that a program's own must keep. */
class OwnSourcesContractTest {

    @TempDir
    static Path dir;

    private static Path file(byte[] content) throws IOException {
        return Files.write(Files.createTempFile(dir, "content", ""), content);
    }

    private static InputStream broken(byte[] content) {
        return new SequenceInputStream(
                new ByteArrayInputStream(content), new FilterInputStream(InputStream.nullInputStream()) {
                    @Override
                    public int read(byte[] target, int offset, int length) throws IOException {
                        throw new IOException("broken");
                    }
                });
    }

    @Nested
    class OfFile extends ByteSourceContract {
        @Override
        protected ByteSource.Opener source(byte[] content) throws IOException {
            return ByteSources.file(file(content));
        }
    }

    @Nested
    class OfRange extends ByteSourceContract {
        @Override
        protected ByteSource.Opener source(byte[] content) throws IOException {
            byte[] framed = new byte[content.length + 20];
            System.arraycopy(content, 0, framed, 7, content.length);
            return ByteSources.range(file(framed), 7, content.length);
        }
    }

    @Nested
    class OfStream extends ByteSourceContract {
        @Override
        protected ByteSource.Opener source(byte[] content) {
            return ByteSources.stream(() -> new ByteArrayInputStream(content));
        }

        @Override
        protected ByteSource.Opener failing(byte[] content) {
            return ByteSources.stream(() -> broken(content));
        }
    }

    @Nested
    class OfChannel extends ByteSourceContract {
        @Override
        protected ByteSource.Opener source(byte[] content) {
            return ByteSources.channel(() -> Channels.newChannel(new ByteArrayInputStream(content)));
        }

        @Override
        protected ByteSource.Opener failing(byte[] content) {
            return ByteSources.channel(() -> Channels.newChannel(broken(content)));
        }
    }

    @Nested
    class OfAsynchronousChannel extends ByteSourceContract {
        @Override
        protected ByteSource.Opener source(byte[] content) {
            return ByteSources.asynchronousChannel(
                    () -> AsynchronousFake.reading(content, 1000, ForkJoinPool.commonPool()));
        }

        @Override
        protected Scheduler scheduler() {
            return Schedulers.immediate();
        }
    }

    @Nested
    class OfAsynchronousChannelThatAnswersAtOnce extends ByteSourceContract {
        @Override
        protected ByteSource.Opener source(byte[] content) {
            return ByteSources.asynchronousChannel(() -> AsynchronousFake.reading(content, 1000, Runnable::run));
        }
    }

    @Nested
    class OfBytes extends ByteSourceContract {
        @Override
        protected ByteSource.Opener source(byte[] content) {
            return ByteSources.bytes(content);
        }

        @Override
        protected Scheduler scheduler() {
            return Schedulers.immediate();
        }
    }

    @Nested
    class OfText extends ByteSourceContract {
        @Override
        protected ByteSource.Opener source(byte[] content) {
            return ByteSources.text(new String(content, StandardCharsets.ISO_8859_1), StandardCharsets.ISO_8859_1);
        }
    }
}
