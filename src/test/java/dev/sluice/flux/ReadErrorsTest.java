package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.sluice.BufferPool;
import dev.sluice.InvalidSizeException;
import dev.sluice.PoolClosedException;
import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

/** How a source ends when something is wrong: with one error that names the path, and with nothing left behind. */
class ReadErrorsTest extends FluxTest {

    @Test
    void aMissingFile() {
        Path missing = dir.resolve("missing");
        assertFails(missing, NoSuchFileException.class, missing.toString());
    }

    @Test
    void aMissingFileIsToldBeforeAnythingIsRequested() {
        StepVerifier.create(BufferFlux.read(dir.resolve("missing"), pool), 0).verifyError(NoSuchFileException.class);
    }

    @Test
    void aDirectory() {
        assertFails(dir, FileSystemException.class, dir + ": is a directory");
    }

    @Test
    void aRefusedPermission() throws IOException {
        Path refused = FaultyFiles.at(file(10), new FaultyFiles.Fault() {
            @Override
            public void open(Path path, Set<? extends OpenOption> options) throws IOException {
                throw new AccessDeniedException(path.toString());
            }
        });
        assertFails(refused, AccessDeniedException.class, refused.toString());
    }

    @Test
    void aRefusedPermissionOfTheSystem() throws IOException {
        Path refused = file(10);
        Files.setPosixFilePermissions(refused, PosixFilePermissions.fromString("-wx-wx-wx"));
        assumeFalse(Files.isReadable(refused), "root may read everything");
        assertFails(refused, AccessDeniedException.class, refused.toString());
    }

    @Test
    void aDeviceThatFailsInTheMiddle() throws IOException {
        Path failing = FaultyFiles.at(file(100), new FaultyFiles.Fault() {
            @Override
            public int read(SeekableByteChannel channel, ByteBuffer target) throws IOException {
                if (channel.position() >= 50) {
                    throw new IOException("Input/output error");
                }
                return channel.read(target);
            }
        });

        StepVerifier.create(BufferFlux.read(failing, pool, 10)
                        .consume(PooledBuffer::length)
                        .limitRate(1))
                .expectNextCount(5)
                .verifyErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(FileSystemException.class)
                        .hasMessage(failing + ": Input/output error")
                        .hasRootCauseMessage("Input/output error"));
    }

    @Test
    void aFileThatCannotBeClosed() throws IOException {
        Path failing = FaultyFiles.at(file(10), new FaultyFiles.Fault() {
            @Override
            public void close(SeekableByteChannel channel) throws IOException {
                channel.close();
                throw new IOException("Stale file handle");
            }
        });

        StepVerifier.create(BufferFlux.read(failing, pool).consume(PooledBuffer::length))
                .expectNext(10)
                .verifyErrorMessage(failing + ": Stale file handle");
    }

    @Test
    void aFileThatShrinksWhileItIsRead() throws IOException {
        Path file = file(100);

        StepVerifier.create(BufferFlux.read(file, pool, 30).limitRate(1).doOnNext(buffer -> {
                    buffer.release();
                    truncate(file, 40);
                }))
                .expectNextCount(2)
                .verifyErrorSatisfies(error -> {
                    assertThat(error)
                            .isInstanceOf(FileTruncatedException.class)
                            .hasMessageContaining(file.toString())
                            .hasMessageContaining("100 bytes when opened")
                            .hasMessageContaining("ended at 40");
                    assertThat(((FileTruncatedException) error).sizeAtOpen()).isEqualTo(100);
                    assertThat(((FileTruncatedException) error).offset()).isEqualTo(40);
                });
    }

    @Test
    void aFileThatShrinksAndGrowsAgainIsReadOn() throws IOException {
        boolean[] shrunk = {false};
        Path file = FaultyFiles.at(file(100), new FaultyFiles.Fault() {
            @Override
            public int read(SeekableByteChannel channel, ByteBuffer target) throws IOException {
                if (channel.position() == 30 && !shrunk[0]) {
                    shrunk[0] = true;
                    return -1;
                }
                return channel.read(target);
            }
        });

        StepVerifier.create(BufferFlux.read(file, pool, 30).consume(PooledBuffer::length))
                .expectNext(30, 30, 30, 10)
                .verifyComplete();
    }

    @Test
    void aChunkThatThePoolCanNeverGrant() throws IOException {
        Path file = file(5000);
        try (BufferPool small = BufferPool.builder().maxBytes(1000).build()) {
            StepVerifier.create(BufferFlux.read(file, small, 2000)).verifyError(InvalidSizeException.class);
        }
    }

    @Test
    void aClosedPool() throws IOException {
        Path file = file(100);
        pool.close();
        StepVerifier.create(BufferFlux.read(file, pool)).verifyError(PoolClosedException.class);
    }

    @Test
    void aPoolThatIsClosedWhileTheSourceWaits() throws IOException {
        Path file = file(100);
        BufferPool one = BufferPool.withMaxBuffers(1);
        PooledBuffer taken = one.acquire(100);

        StepVerifier.create(BufferFlux.read(file, one))
                .then(() -> eventually(() -> one.stats().pending() == 1))
                .then(one::close)
                .verifyError(PoolClosedException.class);
        taken.release();
        assertThat(one.stats().buffersInUse()).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE})
    void aRequestForNothing(long n) throws IOException {
        HoldingSubscriber subscriber = new HoldingSubscriber();
        requestBadly(subscriber, n);

        eventually(subscriber::hasEnded);
        assertThat(subscriber.error)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("3.9");
    }

    /** {@code BaseSubscriber} keeps bad requests to itself, so this goes around it. */
    private void requestBadly(HoldingSubscriber subscriber, long n) throws IOException {
        BufferFlux.read(file(100), pool).subscribe(new reactor.core.CoreSubscriber<>() {
            @Override
            public void onSubscribe(org.reactivestreams.Subscription s) {
                subscriber.onSubscribe(s);
                s.request(n);
            }

            @Override
            public void onNext(PooledBuffer buffer) {
                subscriber.onNext(buffer);
            }

            @Override
            public void onError(Throwable error) {
                subscriber.onError(error);
            }

            @Override
            public void onComplete() {
                subscriber.onComplete();
            }
        });
    }

    @Test
    void aSchedulerThatIsShutDown() throws IOException {
        Scheduler scheduler = Schedulers.newSingle("reader");
        scheduler.dispose();
        StepVerifier.create(BufferFlux.read(
                        ByteSources.file(file(100)).chunkSize(10).on(scheduler), pool))
                .verifyError(RejectedExecutionException.class);
    }

    @Test
    void aSchedulerThatIsShutDownMeanwhile() throws IOException {
        Scheduler scheduler = Schedulers.newSingle("reader");
        HoldingSubscriber subscriber = new HoldingSubscriber();
        BufferFlux.read(ByteSources.file(file(100)).chunkSize(10).on(scheduler), pool)
                .subscribe(subscriber);
        subscriber.request(2);
        eventually(() -> subscriber.received.get() == 2);
        eventually(() -> {
            scheduler.dispose();
            subscriber.request(1);
            return subscriber.hasEnded();
        });

        assertThat(subscriber.error).isInstanceOf(RejectedExecutionException.class);
        assertThat(openFiles()).isEmpty();
        subscriber.releaseAll();
    }

    @Test
    void aSubscriberThatThrows() throws IOException {
        Flux<PooledBuffer> read = BufferFlux.read(file(100_000), pool, 10);
        read.subscribe(new HoldingSubscriber() {
            @Override
            protected void hookOnSubscribe(org.reactivestreams.Subscription subscription) {
                requestUnbounded();
            }

            @Override
            protected void hookOnNext(PooledBuffer buffer) {
                buffer.release();
                throw new StackOverflowError("in onNext");
            }
        });
    }

    private void assertFails(Path path, Class<? extends Throwable> type, String message) {
        assertThatThrownBy(() -> BufferFlux.read(path, pool).blockLast(LIMIT))
                .satisfies(error -> assertThat(reactor.core.Exceptions.unwrap(error))
                        .isInstanceOf(type)
                        .hasMessage(message));
    }

    private static void truncate(Path path, long size) {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            channel.truncate(size);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
