package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.CopyOption;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.util.RaceTestUtils;

/** All or nothing: what is wrong is told with the path, and leaves neither a temporary file nor a changed target. */
class WriteToErrorsTest extends FluxTest {

    private static final int ROUNDS = 500;

    @Test
    void aMissingParent() {
        Path target = dir.resolve("missing").resolve("target");
        assertFails(target, NoSuchFileException.class, target + ": its directory does not exist");
    }

    @Test
    void aParentThatIsAFile() throws IOException {
        Path target = file(10).resolve("target");
        assertFails(target, FileSystemException.class, target + ": Not a directory");
    }

    @Test
    void aDirectory() {
        assertFails(dir, FileSystemException.class, dir + ": is a directory");
    }

    @Test
    void aTargetIsCheckedBeforeTheSourceIsAsked() {
        RudeSource source = new RudeSource();
        StepVerifier.create(BufferFlux.from(source).writeTo(dir)).verifyError(FileSystemException.class);
        assertThat(source.requested).hasValue(0);
        assertThat(source.cancelled).isTrue();
    }

    @Test
    void aRefusedPermission() throws IOException {
        Path target = FaultyFiles.at(file(10), new FaultyFiles.Fault() {
            @Override
            public void open(Path path, Set<? extends OpenOption> options) throws IOException {
                throw new AccessDeniedException(path.toString());
            }
        });
        StepVerifier.create(BufferFlux.from(buffers("1")).writeTo(target))
                .verifyErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(AccessDeniedException.class)
                        .hasMessageStartingWith(target.toString()));
        assertThat(dir.resolve("file-10")).hasBinaryContent(content(10));
    }

    @Test
    void aFullDisk() throws IOException {
        Path target = FaultyFiles.at(file(10), new FaultyFiles.Fault() {
            @Override
            public int write(SeekableByteChannel channel, ByteBuffer source) throws IOException {
                if (channel.size() + source.remaining() > 5000) {
                    channel.write(source.duplicate().limit(source.position() + 1));
                    throw new IOException("No space left on device");
                }
                return channel.write(source);
            }
        });
        Path source = file(10_000);
        StepVerifier.create(BufferFlux.read(source, pool, 1000).writeTo(target))
                .verifyErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(FileSystemException.class)
                        .hasMessage(target + ": No space left on device"));
        assertThat(dir.resolve("file-10")).hasBinaryContent(content(10));
    }

    @Test
    void aFileThatCannotBeClosed() throws IOException {
        Path target = FaultyFiles.at(file(10), new FaultyFiles.Fault() {
            @Override
            public void close(SeekableByteChannel channel) throws IOException {
                channel.close();
                throw new IOException("Disk quota exceeded");
            }
        });
        StepVerifier.create(BufferFlux.from(buffers("1")).writeTo(target))
                .verifyErrorMessage(target + ": Disk quota exceeded");
        assertThat(dir.resolve("file-10")).hasBinaryContent(content(10));
    }

    @Test
    void aFileThatCannotBeMoved() throws IOException {
        Path target = FaultyFiles.at(file(10), new FaultyFiles.Fault() {
            @Override
            public void move(Path from, Path to, Set<CopyOption> options) throws IOException {
                throw new FileSystemException(from.toString(), to.toString(), "Text file busy");
            }
        });
        StepVerifier.create(BufferFlux.from(buffers("1")).writeTo(target))
                .verifyErrorMessage(
                        target + ": Text file busy; WriteOption.IN_PLACE writes into the file that is there");
        assertThat(dir.resolve("file-10")).hasBinaryContent(content(10));
    }

    @Test
    void aTemporaryFileThatCannotBeDeletedIsToldAlong() throws IOException {
        Path target = FaultyFiles.at(dir.resolve("target"), new FaultyFiles.Fault() {
            @Override
            public void delete(Path path) throws IOException {
                Files.delete(path);
                throw new IOException("Read-only file system");
            }
        });
        StepVerifier.create(BufferFlux.from(Flux.concat(buffers("1"), Flux.error(new IOException("gone"))))
                        .writeTo(target))
                .verifyErrorSatisfies(error -> {
                    assertThat(error).hasMessage("gone");
                    assertThat(error.getSuppressed())
                            .singleElement()
                            .satisfies(suppressed -> assertThat(suppressed)
                                    .hasMessageContaining(".sluice-")
                                    .hasMessageContaining("Read-only file system"));
                });
    }

    @Test
    void aSourceThatFails() throws IOException {
        Path target = file(10);
        StepVerifier.create(BufferFlux.from(Flux.concat(buffers("1", "2"), Flux.error(new IOException("gone"))))
                        .writeTo(target))
                .verifyErrorMessage("gone");
        assertThat(target).hasBinaryContent(content(10));
    }

    @Test
    void aSchedulerThatIsShutDown() {
        Scheduler scheduler = Schedulers.newSingle("writer");
        scheduler.dispose();
        RudeSource source = new RudeSource();
        StepVerifier.create(BufferFlux.from(source)
                        .writeTo(ByteSinks.file(dir.resolve("target")).on(scheduler)))
                .verifyError(RejectedExecutionException.class);
        assertThat(source.cancelled).isTrue();
        source.subscriber.onNext(buffer("late"));
    }

    @Test
    void aSchedulerThatIsShutDownMeanwhile() {
        Scheduler scheduler = Schedulers.newSingle("writer");
        RudeSource source = new RudeSource();
        BaseSubscriber<Long> subscriber = WriteToTest.unrequesting();
        BufferFlux.from(source)
                .writeTo(ByteSinks.file(dir.resolve("target")).on(scheduler))
                .subscribe(subscriber);
        subscriber.request(1);
        eventually(() -> source.requested.get() == 16);
        scheduler.dispose();
        eventually(() -> {
            source.subscriber.onNext(buffer("late"));
            return source.cancelled;
        });
        subscriber.cancel();
    }

    @Test
    void aSubscriberThatThrows() {
        RudeSource source = new RudeSource();
        BufferFlux.from(source).writeTo(dir.resolve("target")).subscribe(new BaseSubscriber<>() {
            @Override
            protected void hookOnError(Throwable error) {
                throw new StackOverflowError("in onError");
            }
        });
        source.subscriber.onNext(buffer("1"));
        source.subscriber.onError(new IOException("gone"));
        nothingInFlight();
        source.subscriber.onNext(buffer("2"));
        assertThat(pool.stats().buffersInUse()).isZero();
    }

    @Test
    void nothingIsInFlightWhenAnErrorIsTold() {
        Path target = FaultyFiles.at(dir.resolve("target"), new FaultyFiles.Fault() {
            @Override
            public int write(SeekableByteChannel channel, ByteBuffer source) throws IOException {
                throw new IOException("No space left on device");
            }
        });
        AtomicLong inUse = new AtomicLong(-1);
        StepVerifier.create(BufferFlux.from(buffers("1", "2", "3"))
                        .writeTo(target)
                        .doOnError(error -> inUse.set(pool.stats().buffersInUse())))
                .verifyError();
        assertThat(inUse).hasValue(0);
    }

    @Test
    void cancelledBeforeTheRequest() {
        RudeSource source = new RudeSource();
        BaseSubscriber<Long> subscriber = WriteToTest.unrequesting();
        BufferFlux.from(source).writeTo(dir.resolve("target")).subscribe(subscriber);
        subscriber.cancel();
        assertThat(source.cancelled).isTrue();
    }

    @Test
    void cancelledWhileTheSourceIsSilent() throws IOException {
        Path target = file(10);
        RudeSource source = new RudeSource();
        Disposable writing = BufferFlux.from(source).writeTo(target).subscribe();
        source.subscriber.onNext(buffer("1"));
        eventually(() -> pool.stats().buffersInUse() == 0);
        writing.dispose();
        eventually(() -> openFiles().isEmpty());
        assertThat(source.cancelled).isTrue();
        assertThat(target).hasBinaryContent(content(10));
    }

    @Test
    void cancelledWhileItWrites() throws IOException {
        CountDownLatch writing = new CountDownLatch(1);
        CountDownLatch cancelled = new CountDownLatch(1);
        Path target = FaultyFiles.at(file(10), new FaultyFiles.Fault() {
            @Override
            public int write(SeekableByteChannel channel, ByteBuffer source) throws IOException {
                writing.countDown();
                try {
                    cancelled.await();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
                return channel.write(source);
            }
        });
        Disposable subscription =
                BufferFlux.read(file(100_000), pool, 1000).writeTo(target).subscribe();
        eventually(() -> writing.getCount() == 0);
        subscription.dispose();
        cancelled.countDown();
        nothingInFlight();
        eventually(() -> openFiles().isEmpty());
        assertThat(dir.resolve("file-10")).hasBinaryContent(content(10));
    }

    @Test
    void cancelAgainstOnNext() {
        for (int round = 0; round < ROUNDS; round++) {
            RudeSource source = new RudeSource();
            Disposable writing =
                    BufferFlux.from(source).writeTo(dir.resolve("target")).subscribe();
            PooledBuffer first = buffer("1");
            PooledBuffer second = buffer("2");
            RaceTestUtils.race(
                    () -> {
                        source.subscriber.onNext(first);
                        source.subscriber.onNext(second);
                    },
                    writing::dispose);
            eventually(() -> first.isReleased() && second.isReleased());
        }
    }

    /** Either the whole file is there, or nothing. */
    @Test
    void cancelAgainstOnComplete() throws IOException {
        Path target = dir.resolve("target");
        for (int round = 0; round < ROUNDS; round++) {
            RudeSource source = new RudeSource();
            Disposable writing = BufferFlux.from(source).writeTo(target).subscribe();
            source.subscriber.onNext(buffer("whole"));
            RaceTestUtils.race(source.subscriber::onComplete, writing::dispose);
            eventually(() -> openFiles().isEmpty() && pool.stats().buffersInUse() == 0);
            if (Files.exists(target)) {
                assertThat(target).hasContent("whole");
                Files.delete(target);
            }
        }
        // A cancellation that came later than the move.
        eventually(() -> Files.deleteIfExists(target) || true);
    }

    @Test
    void cancelAgainstOnError() {
        for (int round = 0; round < ROUNDS; round++) {
            RudeSource source = new RudeSource();
            Disposable writing =
                    BufferFlux.from(source).writeTo(dir.resolve("target")).subscribe(written -> {}, error -> {});
            PooledBuffer buffer = buffer("1");
            source.subscriber.onNext(buffer);
            RaceTestUtils.race(() -> source.subscriber.onError(new IOException("gone")), writing::dispose);
            eventually(buffer::isReleased);
        }
    }

    @Test
    void cancelAgainstRequest() {
        for (int round = 0; round < ROUNDS; round++) {
            BaseSubscriber<Long> subscriber = WriteToTest.unrequesting();
            BufferFlux.from(buffers("1", "2", "3"))
                    .writeTo(dir.resolve("target"))
                    .subscribe(subscriber);
            RaceTestUtils.race(() -> subscriber.request(1), subscriber::cancel);
        }
        nothingInFlight();
    }

    @Test
    void cancelAgainstACopy() throws IOException {
        Path source = file(300_000);
        Path target = dir.resolve("target");
        for (int round = 0; round < ROUNDS; round++) {
            BaseSubscriber<Long> subscriber = WriteToTest.unrequesting();
            BufferFlux.read(source, pool, round % 2 == 0 ? 1000 : 65536)
                    .writeTo(target)
                    .subscribe(subscriber);
            int opened = round % 3;
            RaceTestUtils.race(() -> subscriber.request(1), () -> {
                eventually(() -> openFiles().size() >= opened || subscriber.isDisposed());
                subscriber.cancel();
            });
            nothingInFlight();
        }
    }

    private void assertFails(Path target, Class<? extends Throwable> type, String message) {
        StepVerifier.create(BufferFlux.from(buffers("1", "2")).writeTo(target))
                .verifyErrorSatisfies(
                        error -> assertThat(error).isInstanceOf(type).hasMessage(message));
    }
}
