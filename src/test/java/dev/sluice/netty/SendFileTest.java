package dev.sluice.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.buffer.Unpooled;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.DisposableServer;
import reactor.netty.NettyOutbound;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.resources.ConnectionProvider;

/** Files as they are, whatever they claim, over every transport. */
class SendFileTest extends StreamTest {

    private final ConnectionProvider connections = ConnectionProvider.create("files", 10);
    private DisposableServer server;

    @TempDir
    Path directory;

    @AfterEach
    void stop() {
        connections.disposeLater().block(LIMIT);
        server.disposeNow(LIMIT);
    }

    private HttpClient.ResponseReceiver<?> get(Wire wire, Answer answer) {
        server = wire.httpServer(pool)
                .handle((request, response) -> answer.of(response))
                .bindNow(LIMIT);
        return wire.httpClient(connections, pool, server.port()).get().uri("/");
    }

    @FunctionalInterface
    private interface Answer {
        org.reactivestreams.Publisher<Void> of(HttpServerResponse response);
    }

    private byte[] body(Wire wire, Answer answer) {
        return get(wire, answer)
                .responseContent()
                .aggregate()
                .asByteArray()
                .defaultIfEmpty(new byte[0])
                .block(LIMIT);
    }

    static Stream<Arguments> kernelFiles() {
        return Stream.of("/sys/class/net/lo/address", "/proc/version", "/proc/self/maps")
                .filter(file -> Files.isReadable(Path.of(file)))
                .flatMap(file -> Wire.all().map(wire -> Arguments.of(file, wire)));
    }

    @ParameterizedTest
    @MethodSource("kernelFiles")
    @EnabledOnOs(OS.LINUX)
    void aFileOfTheKernel(String name, Wire wire) throws IOException {
        Path file = Path.of(name);
        byte[] body = body(wire, response -> NettyBuffers.sendFile(response, file, pool));
        if (name.endsWith("maps")) {
            assertThat(body.length).isGreaterThan(1000);
        } else {
            assertThat(body).isEqualTo(Files.readAllBytes(file));
        }
    }

    /** Who waits for the answer may be a thread of Reactor's, or all of them. */
    @Test
    void isLookedAtWhereNoThreadOfReactorsIsNeeded() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "hello");
        CountDownLatch over = new CountDownLatch(1);
        for (int i = 0; i < Schedulers.DEFAULT_BOUNDED_ELASTIC_SIZE; i++) {
            Schedulers.boundedElastic().schedule(() -> {
                try {
                    over.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
        }
        try {
            Wire wire = Wire.all().findFirst().orElseThrow();
            assertThat(body(wire, response -> NettyBuffers.sendFile(response, file, pool)))
                    .asString()
                    .isEqualTo("hello");
        } finally {
            over.countDown();
        }
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#all")
    @EnabledOnOs(OS.LINUX)
    void aFifo(Wire wire) throws Exception {
        Path fifo = directory.resolve("fifo");
        assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor())
                .isZero();
        Thread writer = new Thread(() -> {
            try (OutputStream out = Files.newOutputStream(fifo)) {
                out.write("hello".getBytes());
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        writer.start();
        assertThat(body(wire, response -> NettyBuffers.sendFile(response, fifo, pool)))
                .asString()
                .isEqualTo("hello");
        writer.join();
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#all")
    void aMissingFileIsAnErrorBeforeTheHead(Wire wire) {
        Path missing = directory.resolve("missing");
        int status = get(
                        wire,
                        response -> NettyBuffers.sendFile(response, missing, pool)
                                .then()
                                .onErrorResume(
                                        NoSuchFileException.class,
                                        error -> response.status(404).send()))
                .response()
                .map(response -> response.status().code())
                .block(LIMIT);
        assertThat(status).isEqualTo(404);
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#all")
    void soIsADirectory(Wire wire) {
        int status = get(
                        wire,
                        response -> NettyBuffers.sendFile(response, directory, pool)
                                .then()
                                .onErrorResume(
                                        FileSystemException.class,
                                        error -> response.status(404).send()))
                .response()
                .map(response -> response.status().code())
                .block(LIMIT);
        assertThat(status).isEqualTo(404);
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#all")
    void betweenOtherThings(Wire wire) throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "the file");
        Path empty = Files.writeString(directory.resolve("empty"), "");
        byte[] body = body(wire, response -> {
            NettyOutbound out = response.sendString(Flux.just("bef", "ore "));
            out = NettyBuffers.sendFile(out, file, pool).sendString(Mono.just(" between "));
            out = NettyBuffers.sendFile(out, file, 4, 2, pool)
                    .send(Mono.fromSupplier(() -> Unpooled.copiedBuffer(" and ".getBytes())));
            out = NettyBuffers.sendFile(NettyBuffers.sendFile(out, empty, pool), file, 100, 2, pool);
            return NettyBuffers.sendFile(out, file, 6, 100, pool)
                    .sendObject(Flux.just(" af", "ter").map(text -> Unpooled.copiedBuffer(text.getBytes())));
        });
        assertThat(new String(body)).isEqualTo("before the file between fi and le after");
    }

    /** The speed of the loopback cannot be read: EINVAL. */
    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#all")
    @EnabledOnOs(OS.LINUX)
    void aFileThatCannotBeReadIsAnErrorBeforeTheHeadAndDoesNotStayOpen(Wire wire) throws IOException {
        Path speed = Path.of("/sys/class/net/lo/speed");
        assumeTrue(Files.isReadable(speed));
        int status = get(
                        wire,
                        response -> NettyBuffers.sendFile(response, speed, pool)
                                .then()
                                .onErrorResume(
                                        IOException.class,
                                        error -> response.status(500).send()))
                .response()
                .map(response -> response.status().code())
                .block(LIMIT);
        assertThat(status).isEqualTo(500);
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            assertThat(open.filter(Files::exists).map(SendFileTest::target)).doesNotContain(speed.toRealPath());
        }
    }

    private static Path target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor);
        } catch (IOException e) {
            return descriptor; // it was open while the others were listed, and is not any more
        }
    }

    @Test
    void whoIsCancelledWhileItOpensClosesWhatItOpens() throws IOException {
        server = new Wire(false, Wire.Protocol.HTTP_1).httpServer(pool).bindNow(LIMIT);
        Path file = Files.writeString(directory.resolve("file"), "content");
        SendFileLook look = new SendFileLook(file);
        look.close();
        look.open();
        assertThat(look.file()).isNull();
        SendFileLook other = new SendFileLook(file);
        other.open();
        FileChannel opened = other.file();
        assertThat(opened.isOpen()).isTrue();
        other.close();
        assertThat(opened.isOpen()).isFalse();
    }

    @Test
    void aFileThatWasCutShortFailsInsteadOfSpinning() throws IOException {
        server = new Wire(false, Wire.Protocol.HTTP_1).httpServer(pool).bindNow(LIMIT);
        Path claims = Path.of("/sys/class/net/lo/address");
        assumeTrue(Files.isReadable(claims));
        try (FileChannel file = FileChannel.open(claims)) {
            SendFileRegion region = new SendFileRegion(file, 0, file.size());
            long line = region.transferTo(Channels.newChannel(OutputStream.nullOutputStream()), 0);
            assertThat(line).isEqualTo(Files.readAllBytes(claims).length);
            assertThatThrownBy(() -> {
                        for (int i = 0; i < 3; i++) {
                            region.transferTo(Channels.newChannel(OutputStream.nullOutputStream()), line);
                        }
                    })
                    .isInstanceOf(EOFException.class)
                    .hasMessageContaining("after 18 bytes of the 4,096");
        }
    }
}
