package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.test.StepVerifier;

/** Mode, owner, group and links of a file that is written over. */
@DisabledOnOs(OS.WINDOWS)
class FileRightsTest extends FluxTest {

    private Path existing(String mode) throws IOException {
        Path file = Files.writeString(dir.resolve("target"), "old");
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
    }

    private static String modeOf(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }

    @ParameterizedTest
    @ValueSource(strings = {"rw-------", "rwxr-x---", "rw-rw-rw-", "r--------"})
    void theModeIsKeptAndNobodySeesTheFileBefore(String mode) throws IOException {
        Path real = existing(mode);
        List<String> seen = new ArrayList<>();
        Path target = FaultyFiles.at(real, new FaultyFiles.Fault() {
            @Override
            public int write(SeekableByteChannel channel, ByteBuffer source) throws IOException {
                try (DirectoryStream<Path> temporary = Files.newDirectoryStream(dir, ".sluice-*")) {
                    for (Path each : temporary) {
                        seen.add(modeOf(each));
                    }
                }
                return channel.write(source);
            }
        });
        assertThat(BufferFlux.from(buffers("new")).writeTo(target).block(LIMIT)).isEqualTo(3);
        assertThat(seen).containsOnly("rw-------").isNotEmpty();
        assertThat(modeOf(real)).isEqualTo(mode);
        assertThat(real).hasContent("new");
    }

    @Test
    void aNewFileIsLikeAnyOther() throws IOException {
        Path other = Files.createFile(dir.resolve("other"));
        for (WriteOption[] options : new WriteOption[][] {{}, {WriteOption.CREATE_NEW}, {WriteOption.IN_PLACE}}) {
            Path target = dir.resolve("new-" + options.length + (options.length == 0 ? "" : options[0]));
            BufferFlux.from(buffers("x")).writeTo(target, options).block(LIMIT);
            assertThat(modeOf(target)).isEqualTo(modeOf(other));
        }
    }

    /** Only the superuser gives files away, and whoever may not is not kept from writing. */
    @Test
    void ownerAndGroupAreKept() throws Exception {
        Path file = existing("rw-r-----");
        new ProcessBuilder("chown", "12345:54321", file.toString()).start().waitFor();
        int owner = (Integer) Files.getAttribute(file, "unix:uid");
        int group = (Integer) Files.getAttribute(file, "unix:gid");
        BufferFlux.from(buffers("new")).writeTo(file).block(LIMIT);
        assertThat(Files.getAttribute(file, "unix:uid")).isEqualTo(owner);
        assertThat(Files.getAttribute(file, "unix:gid")).isEqualTo(group);
        assertThat(modeOf(file)).isEqualTo("rw-r-----");
    }

    @Test
    void inPlaceKeepsTheFileItself() throws IOException {
        Path file = existing("rw-r-----");
        Path link = Files.createLink(dir.resolve("hard"), file);
        Path symbolic = Files.createSymbolicLink(dir.resolve("symbolic"), file);
        Object inode = Files.getAttribute(file, "unix:ino");
        assertThat(BufferFlux.from(buffers("n", "ew"))
                        .writeTo(symbolic, WriteOption.IN_PLACE)
                        .block(LIMIT))
                .isEqualTo(3);
        assertThat(link).hasContent("new");
        assertThat(Files.isSymbolicLink(symbolic)).isTrue();
        assertThat(Files.getAttribute(file, "unix:ino")).isEqualTo(inode);
        assertThat(modeOf(file)).isEqualTo("rw-r-----");
        assertThat(BufferFlux.from(buffers("x"))
                        .writeTo(file, WriteOption.IN_PLACE, WriteOption.FORCE)
                        .block(LIMIT))
                .isEqualTo(1);
        assertThat(link).hasContent("x");
        assertThat(BufferFlux.from(buffers())
                        .writeTo(file, WriteOption.IN_PLACE)
                        .block(LIMIT))
                .isZero();
        assertThat(link).isEmptyFile();
    }

    /** As a mount point is. */
    @Test
    void aFileThatCannotBeReplacedNamesTheWayOut() throws IOException {
        Path real = existing("rw-r--r--");
        Path target = FaultyFiles.at(real, new FaultyFiles.Fault() {
            @Override
            public void move(Path from, Path to, Set<CopyOption> options) throws IOException {
                throw new FileSystemException(from.toString(), to.toString(), "Device or resource busy");
            }
        });
        StepVerifier.create(BufferFlux.from(buffers("new")).writeTo(target))
                .verifyErrorMessage(
                        real + ": Device or resource busy; WriteOption.IN_PLACE writes into the file that is there");
        assertThat(real).hasContent("old");
        assertThat(BufferFlux.from(buffers("new"))
                        .writeTo(target, WriteOption.IN_PLACE)
                        .block(LIMIT))
                .isEqualTo(3);
        assertThat(real).hasContent("new");
    }

    @Test
    void aBindMountIsWrittenInPlace() throws Exception {
        Path file = existing("rw-r--r--");
        if (new ProcessBuilder("mount", "--bind", file.toString(), file.toString())
                        .start()
                        .waitFor()
                != 0) {
            return;
        }
        try {
            StepVerifier.create(BufferFlux.from(buffers("new")).writeTo(file))
                    .verifyErrorSatisfies(e -> assertThat(e).hasMessageContaining("IN_PLACE"));
            assertThat(file).hasContent("old");
            assertThat(BufferFlux.from(buffers("new"))
                            .writeTo(file, WriteOption.IN_PLACE)
                            .block(LIMIT))
                    .isEqualTo(3);
            assertThat(file).hasContent("new");
        } finally {
            new ProcessBuilder("umount", file.toString()).start().waitFor();
        }
    }

    @Test
    void aSymbolicLinkIsReplacedByItself() throws IOException {
        Path file = existing("rw-------");
        Path link = Files.createSymbolicLink(dir.resolve("link"), file);
        BufferFlux.from(buffers("new")).writeTo(link).block(LIMIT);
        assertThat(Files.isRegularFile(link, LinkOption.NOFOLLOW_LINKS)).isTrue();
        assertThat(modeOf(link)).as("as what was seen there").isEqualTo("rw-------");
        assertThat(file).hasContent("old");
    }

    @Test
    void contradictionsAreRefused() {
        for (WriteOption other : new WriteOption[] {WriteOption.CREATE_NEW, WriteOption.APPEND}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> BufferFlux.from(buffers("1")).writeTo(dir, WriteOption.IN_PLACE, other))
                    .withMessage(other + " and IN_PLACE contradict each other");
        }
    }
}
