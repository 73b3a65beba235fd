package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** The same files on the system's own file system, in a zip, with and without rights, and in memory. */
@ParameterizedClass
@EnumSource
class FileSystemsTest extends FluxTest {

    enum Kind {
        DEFAULT,
        ZIP,
        ZIP_WITH_RIGHTS,
        MEMORY,
        MEMORY_WITH_RIGHTS,
        MEMORY_LIKE_WINDOWS
    }

    @Parameter
    Kind kind;

    private FileSystem opened;

    private Path root() {
        try {
            if (opened == null && kind != Kind.DEFAULT) {
                opened = open();
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return switch (kind) {
            case DEFAULT -> dir;
            case ZIP, ZIP_WITH_RIGHTS -> opened.getPath("/");
            case MEMORY, MEMORY_WITH_RIGHTS -> opened.getPath("/work");
            case MEMORY_LIKE_WINDOWS -> opened.getPath("C:\\work");
        };
    }

    private FileSystem open() throws IOException {
        URI zip = URI.create("jar:" + dir.resolve("all.zip").toUri());
        return switch (kind) {
            case DEFAULT -> throw new IllegalStateException();
            case ZIP -> FileSystems.newFileSystem(zip, Map.of("create", "true"));
            case ZIP_WITH_RIGHTS ->
                FileSystems.newFileSystem(zip, Map.of("create", "true", "enablePosixFileAttributes", "true"));
            case MEMORY -> Jimfs.newFileSystem(Configuration.unix());
            case MEMORY_WITH_RIGHTS ->
                Jimfs.newFileSystem(Configuration.unix().toBuilder()
                        .setAttributeViews("basic", "owner", "posix", "unix")
                        .build());
            case MEMORY_LIKE_WINDOWS -> Jimfs.newFileSystem(Configuration.windows());
        };
    }

    @AfterEach
    void close() throws IOException {
        if (opened != null) {
            try (Stream<Path> left = Files.list(root())) {
                assertThat(left.map(path -> path.getFileName().toString()))
                        .noneMatch(name -> name.startsWith(".sluice"));
            }
            opened.close();
        }
    }

    private Long write(Path path, String text, WriteOption... options) {
        return BufferFlux.from(buffers(text)).writeTo(path, options).block(LIMIT);
    }

    private byte[] bytesOf(BufferFlux flux) {
        return flux.join(1 << 20)
                .map(FluxTest::bytes)
                .defaultIfEmpty(new byte[0])
                .block(LIMIT);
    }

    @Test
    void writesAndReplaces() {
        Path file = root().resolve("a.txt");
        assertThat(write(file, "one")).isEqualTo(3);
        assertThat(file).hasContent("one");
        assertThat(write(file, "two!")).isEqualTo(4);
        assertThat(file).hasContent("two!");
        assertThat(write(file, "")).isZero();
        assertThat(file).isEmptyFile();
    }

    @Test
    void createsAppendsAndWritesInPlace() {
        Path file = root().resolve("a.txt");
        assertThat(write(file, "one", WriteOption.CREATE_NEW)).isEqualTo(3);
        StepVerifier.create(BufferFlux.from(buffers("x")).writeTo(file, WriteOption.CREATE_NEW))
                .verifyError(FileAlreadyExistsException.class);
        assertThat(write(file, "two", WriteOption.APPEND)).isEqualTo(3);
        assertThat(file).hasContent("onetwo");
        assertThat(write(file, "x", WriteOption.IN_PLACE)).isEqualTo(1);
        assertThat(file).hasContent("x");
        assertThat(write(root().resolve("b"), "new", WriteOption.IN_PLACE)).isEqualTo(3);
        assertThat(root().resolve("b")).hasContent("new");
    }

    @Test
    void makesParentsIfToldTo() {
        Path deep = root().resolve("some").resolve("where").resolve("file");
        StepVerifier.create(BufferFlux.from(buffers("x")).writeTo(deep)).verifyError(NoSuchFileException.class);
        for (WriteOption how : List.of(WriteOption.FORCE, WriteOption.APPEND, WriteOption.IN_PLACE)) {
            Path other = deep.resolveSibling(how.name()).resolve("file");
            boolean forced = how == WriteOption.FORCE;
            assertThat(
                            forced
                                    ? write(other, "x", WriteOption.CREATE_PARENTS)
                                    : write(other, "x", WriteOption.CREATE_PARENTS, how))
                    .isEqualTo(1);
            assertThat(other).hasContent("x");
        }
        assertThat(write(root().resolve("top"), "x", WriteOption.CREATE_PARENTS))
                .isEqualTo(1);
    }

    @Test
    void aFailureLeavesWhatWasThere() throws IOException {
        Path file = Files.writeString(root().resolve("a.txt"), "old");
        BufferFlux failing = BufferFlux.from(Flux.concat(buffers("new"), Mono.error(new IOException("gone"))));
        StepVerifier.create(failing.writeTo(file)).verifyErrorMessage("gone");
        assertThat(file).hasContent("old");
        BufferFlux failingAtOnce = BufferFlux.from(Flux.<PooledBuffer>error(new IOException("gone")));
        StepVerifier.create(failingAtOnce.writeTo(file, WriteOption.IN_PLACE)).verifyErrorMessage("gone");
        assertThat(file).hasContent("old");
        StepVerifier.create(failing.writeTo(root().resolve("dir/none"))).verifyError(NoSuchFileException.class);
        Files.createDirectory(root().resolve("dir"));
        for (WriteOption option : new WriteOption[] {WriteOption.APPEND, WriteOption.IN_PLACE}) {
            StepVerifier.create(failing.writeTo(root().resolve("dir"), option))
                    .verifyErrorSatisfies(e -> assertThat(e)
                            .isInstanceOf(FileSystemException.class)
                            .hasMessageEndingWith("is a directory"));
        }
    }

    @Test
    void readsAllAndRanges() throws IOException {
        byte[] content = content(200_000);
        Path file = Files.write(root().resolve("a.bin"), content);
        for (int chunk : new int[] {999, 65_536}) {
            assertThat(bytesOf(BufferFlux.read(file, pool, chunk))).isEqualTo(content);
            for (long[] range : new long[][] {
                {0, 10}, {5, 100_000}, {199_999, 10}, {200_000, 1}, {1L << 44, 5}, {Long.MAX_VALUE, 5}, {7, 0}
            }) {
                int from = (int) Math.min(range[0], content.length);
                int to = (int) Math.min(content.length, from + Math.min(range[1], content.length));
                assertThat(bytesOf(BufferFlux.read(
                                ByteSources.range(file, range[0], range[1]).chunkSize(chunk), pool)))
                        .isEqualTo(Arrays.copyOfRange(content, from, to));
            }
        }
        Path empty = Files.createFile(root().resolve("empty"));
        assertThat(bytesOf(BufferFlux.read(ByteSources.range(empty, 1L << 44, 5), pool)))
                .isEmpty();
        assertThat(bytesOf(BufferFlux.read(empty, pool))).isEmpty();
        StepVerifier.create(BufferFlux.read(root().resolve("missing"), pool)).verifyError(NoSuchFileException.class);
        StepVerifier.create(BufferFlux.read(root(), pool))
                .verifyErrorSatisfies(e -> assertThat(e).hasMessageEndingWith("is a directory"));
    }

    @Test
    void follows() throws IOException {
        Path file = Files.writeString(root().resolve("a.log"), "one\ntwo\n");
        assertThat(BufferFlux.read(ByteSources.follow(file, Duration.ofMillis(1)), pool)
                        .lines(StandardCharsets.UTF_8, 100)
                        .take(2)
                        .collectList()
                        .block(LIMIT))
                .containsExactly("one", "two");
        assertThat(BufferFlux.read(ByteSources.follow(file, Duration.ofMillis(1), 4), pool)
                        .lines(StandardCharsets.UTF_8, 100)
                        .blockFirst(LIMIT))
                .isEqualTo("two");
    }
}
