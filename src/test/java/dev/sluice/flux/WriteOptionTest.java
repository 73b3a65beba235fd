package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;
import reactor.test.util.RaceTestUtils;

/** What is on disk at completion, after an error and after a cancellation. */
class WriteOptionTest extends FluxTest {

    private Path existing() throws IOException {
        return Files.writeString(dir.resolve("target"), "old");
    }

    private BufferFlux failing() {
        return BufferFlux.from(Flux.concat(buffers("1", "2"), Flux.error(new IOException("gone"))));
    }

    @Test
    void createNewMakesAFile() {
        Path target = dir.resolve("target");
        assertThat(BufferFlux.from(buffers("new"))
                        .writeTo(target, WriteOption.CREATE_NEW)
                        .block(LIMIT))
                .isEqualTo(3);
        assertThat(target).hasContent("new");
    }

    @Test
    void createNewFailsForAFileBeforeTheSourceIsAsked() throws IOException {
        Path target = existing();
        RudeSource source = new RudeSource();
        StepVerifier.create(BufferFlux.from(source).writeTo(target, WriteOption.CREATE_NEW))
                .verifyErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(FileAlreadyExistsException.class)
                        .hasMessageContaining(target.toString()));
        assertThat(source.requested).hasValue(0);
        assertThat(target).hasContent("old");
    }

    @Test
    void createNewFailsForALinkToNowhere() throws IOException {
        Path target = Files.createSymbolicLink(dir.resolve("target"), dir.resolve("nowhere"));
        StepVerifier.create(BufferFlux.from(buffers("1")).writeTo(target, WriteOption.CREATE_NEW))
                .verifyError(FileAlreadyExistsException.class);
    }

    /** With hard links, and on a file system that has none. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void createNewReplacesNothingThatCameMeanwhile(boolean links) throws IOException {
        Path real = dir.resolve("target");
        Path target = links ? real : FaultyFiles.at(real, new FaultyFiles.Fault() {});
        RudeSource source = new RudeSource();
        StepVerifier.create(BufferFlux.from(source).writeTo(target, WriteOption.CREATE_NEW))
                .then(() -> eventually(() -> source.requested.get() > 0))
                .then(() -> {
                    source.subscriber.onNext(buffer("mine"));
                    try {
                        existing();
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                    source.subscriber.onComplete();
                })
                .verifyErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(FileAlreadyExistsException.class)
                        .hasMessageContaining(real.toString()));
        assertThat(real).hasContent("old");
    }

    @Test
    void createNewWorksWithoutHardLinks() {
        Path real = dir.resolve("target");
        Path target = FaultyFiles.at(real, new FaultyFiles.Fault() {});
        assertThat(BufferFlux.from(buffers("new"))
                        .writeTo(target, WriteOption.CREATE_NEW)
                        .block(LIMIT))
                .isEqualTo(3);
        assertThat(real).hasContent("new");
    }

    @Test
    void createNewLeavesNothingAfterAnError() {
        Path target = dir.resolve("target");
        StepVerifier.create(failing().writeTo(target, WriteOption.CREATE_NEW)).verifyErrorMessage("gone");
        assertThat(target).doesNotExist();
    }

    /** Of two, one wins, and the other knows. */
    @Test
    void createNewAgainstCreateNew() throws IOException {
        Path target = dir.resolve("target");
        for (int round = 0; round < 200; round++) {
            AtomicInteger won = new AtomicInteger();
            AtomicInteger lost = new AtomicInteger();
            Runnable write = () -> BufferFlux.from(buffers("new"))
                    .writeTo(target, WriteOption.CREATE_NEW)
                    .subscribe(n -> won.incrementAndGet(), error -> {
                        assertThat(error).isInstanceOf(FileAlreadyExistsException.class);
                        lost.incrementAndGet();
                    });
            RaceTestUtils.race(write, write);
            eventually(() -> won.get() == 1 && lost.get() == 1, () -> won + " won, " + lost + " lost");
            assertThat(target).hasContent("new");
            Files.delete(target);
        }
    }

    @Test
    void createNewAgainstCancel() throws IOException {
        Path target = dir.resolve("target");
        for (int round = 0; round < 300; round++) {
            RudeSource source = new RudeSource();
            Disposable writing = BufferFlux.from(source)
                    .writeTo(target, WriteOption.CREATE_NEW, WriteOption.FORCE)
                    .subscribe();
            source.subscriber.onNext(buffer("whole"));
            RaceTestUtils.race(source.subscriber::onComplete, writing::dispose);
            eventually(() -> openFiles().isEmpty() && pool.stats().buffersInUse() == 0);
            eventually(() -> !Files.exists(target) || Files.readString(target).equals("whole"));
            Files.deleteIfExists(target);
        }
        eventually(() -> Files.deleteIfExists(target) || true);
    }

    @Test
    void appendAppends() throws IOException {
        Path target = existing();
        assertThat(BufferFlux.from(buffers("new", "er"))
                        .writeTo(target, WriteOption.APPEND)
                        .block(LIMIT))
                .isEqualTo(5);
        assertThat(target).hasContent("oldnewer");
    }

    @Test
    void appendMakesAFile() {
        Path target = dir.resolve("target");
        BufferFlux.from(buffers("new")).writeTo(target, WriteOption.APPEND).block(LIMIT);
        assertThat(target).hasContent("new");
    }

    @Test
    void appendKeepsWhatWasWrittenBeforeAnError() throws IOException {
        Path target = existing();
        RudeSource source = new RudeSource();
        StepVerifier.create(BufferFlux.from(source).writeTo(target, WriteOption.APPEND))
                .then(() -> source.subscriber.onNext(buffer("new")))
                .then(() -> eventually(() -> pool.stats().buffersInUse() == 0))
                .then(() -> source.subscriber.onError(new IOException("gone")))
                .verifyErrorMessage("gone");
        assertThat(target).hasContent("oldnew");
        assertThat(openFiles()).isEmpty();
    }

    @Test
    void appendKeepsWhatWasWrittenBeforeACancellation() throws IOException {
        Path target = existing();
        RudeSource source = new RudeSource();
        Disposable writing =
                BufferFlux.from(source).writeTo(target, WriteOption.APPEND).subscribe();
        source.subscriber.onNext(buffer("new"));
        eventually(() -> pool.stats().buffersInUse() == 0);
        writing.dispose();
        eventually(() -> openFiles().isEmpty());
        assertThat(target).hasContent("oldnew");
    }

    @Test
    void appendToAFullDisk() throws IOException {
        Path target = FaultyFiles.at(existing(), new FaultyFiles.Fault() {
            @Override
            public int write(SeekableByteChannel channel, ByteBuffer source) throws IOException {
                if (channel.size() > 4) {
                    throw new IOException("No space left on device");
                }
                return channel.write(source.slice(source.position(), 1)) + skip(source);
            }

            private int skip(ByteBuffer source) {
                source.position(source.position() + 1);
                return 0;
            }
        });
        StepVerifier.create(BufferFlux.from(buffers("new")).writeTo(target, WriteOption.APPEND))
                .verifyErrorMessage(target + ": No space left on device");
        assertThat(dir.resolve("target")).hasContent("oldne");
    }

    @Test
    void appendToADirectoryOrIntoNone() {
        StepVerifier.create(BufferFlux.from(buffers("1")).writeTo(dir, WriteOption.APPEND))
                .verifyErrorMessage(dir + ": is a directory");
        Path target = dir.resolve("missing").resolve("target");
        StepVerifier.create(BufferFlux.from(buffers("1")).writeTo(target, WriteOption.APPEND))
                .verifyErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(NoSuchFileException.class)
                        .hasMessage(target + ": its directory does not exist"));
    }

    @Test
    void appendersDoNotOverwriteOneAnother() throws IOException {
        Path target = dir.resolve("target");
        Flux.range(0, 8)
                .flatMap(i -> BufferFlux.from(buffers("abcd").repeat(99)).writeTo(target, WriteOption.APPEND), 8)
                .blockLast(LIMIT);
        assertThat(Files.readString(target)).isEqualTo("abcd".repeat(800));
    }

    @Test
    void forceReplacesAsUsual() throws IOException {
        Path target = existing();
        BufferFlux.from(buffers("new")).writeTo(target, WriteOption.FORCE).block(LIMIT);
        assertThat(target).hasContent("new");
        BufferFlux.from(buffers("er"))
                .writeTo(target, WriteOption.FORCE, WriteOption.APPEND)
                .block(LIMIT);
        assertThat(target).hasContent("newer");
        StepVerifier.create(failing().writeTo(target, WriteOption.FORCE)).verifyErrorMessage("gone");
        assertThat(target).hasContent("newer");
    }

    @Test
    void forceOfAPathWithoutAParent() throws IOException {
        Path target = Path.of("sluice-write-option-test.tmp");
        try {
            BufferFlux.from(buffers("ab")).writeTo(target, WriteOption.FORCE).block(LIMIT);
            assertThat(target).hasContent("ab");
        } finally {
            Files.deleteIfExists(target);
        }
    }

    /** A file system whose channels cannot force says so, and leaves what was there. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void forceWhereThereIsNone(boolean append) throws IOException {
        Path target = FaultyFiles.at(existing(), new FaultyFiles.Fault() {});
        WriteOption[] options = append
                ? new WriteOption[] {WriteOption.FORCE, WriteOption.APPEND}
                : new WriteOption[] {WriteOption.FORCE};
        StepVerifier.create(BufferFlux.from(buffers("new")).writeTo(target, options))
                .verifyErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(FileSystemException.class)
                        .hasMessageContaining("cannot force"));
        assertThat(dir.resolve("target")).hasContent(append ? "oldnew" : "old");
    }

    @Test
    void openingFailsForAnAppender() throws IOException {
        Path target = FaultyFiles.at(existing(), new FaultyFiles.Fault() {
            @Override
            public void open(Path path, Set<? extends OpenOption> options) throws IOException {
                throw new IOException("Read-only file system");
            }
        });
        StepVerifier.create(BufferFlux.from(buffers("new")).writeTo(target, WriteOption.APPEND))
                .verifyErrorMessage(target + ": Read-only file system");
    }

    @Test
    void optionsThatContradictEachOtherAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BufferFlux.from(buffers("1"))
                        .writeTo(dir.resolve("target"), WriteOption.APPEND, WriteOption.CREATE_NEW))
                .withMessage("CREATE_NEW and APPEND contradict each other");
        assertThatNullPointerException()
                .isThrownBy(() -> BufferFlux.from(buffers("1")).writeTo(dir.resolve("target"), (WriteOption) null));
    }
}
