package dev.sluice.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.BufferPool;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactories;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/** Runs the code of {@code docs/clients.md} against a server on this machine. */
class ClientsSnippetsTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    private final BufferPool pool =
            BufferPool.builder().name("docs").maxBytes(1 << 20).build();
    private DisposableServer server;

    @BeforeEach
    void start() {
        server = HttpServer.create()
                .host("localhost")
                .port(0)
                .route(routes -> routes.put(
                                "/it",
                                (request, response) -> request.receive()
                                        .aggregate()
                                        .asByteArray()
                                        .flatMap(bytes -> write(directory.resolve("stored"), bytes)
                                                ? response.status(201).send().then()
                                                : response.status(500).send().then()))
                        .get("/it", (request, response) -> response.sendFile(directory.resolve("stored"))))
                .bindNow(PATIENCE);
    }

    private static boolean write(Path path, byte[] bytes) {
        try {
            Files.write(path, bytes);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    @AfterEach
    void stop() {
        server.disposeNow(PATIENCE);
        assertThat(pool.stats().buffersInUse()).isZero();
        pool.close();
    }

    @Test
    void upAndDown() throws IOException {
        byte[] content = new byte[300_000];
        new Random(1).nextBytes(content);
        Path file = Files.write(directory.resolve("file"), content);
        HttpClient client = HttpClient.newHttpClient();
        URI uri = URI.create("http://localhost:" + server.port() + "/it");
        assertThat(ClientsSnippets.jdkUpload(client, uri, file, pool).block(PATIENCE))
                .isEqualTo(201);

        Path copy = directory.resolve("copy");
        assertThat(ClientsSnippets.jdkDownload(client, uri, copy, pool).block(PATIENCE))
                .isEqualTo(content.length);
        assertThat(copy).hasBinaryContent(content);

        URI missing = URI.create("http://localhost:" + server.port() + "/missing");
        assertThatThrownBy(() ->
                        ClientsSnippets.jdkDownload(client, missing, copy, pool).block(PATIENCE))
                .hasRootCauseInstanceOf(IOException.class)
                .hasMessageContaining("404");
        assertThat(copy).hasBinaryContent(content);
    }

    @Test
    void blobs() throws IOException {
        Path file = Files.write(directory.resolve("file"), new byte[100_000]);
        Long length = Mono.usingWhen(
                        ConnectionFactories.get("r2dbc:h2:mem:///docs").create(),
                        connection -> Mono.from(connection
                                        .createStatement("CREATE TABLE files (content BLOB)")
                                        .execute())
                                .flatMap(made -> Mono.from(made.getRowsUpdated()))
                                .then(Mono.defer(() -> ClientsSnippets.r2dbc(connection, file, pool)))
                                .then(Mono.defer(() -> Mono.from(connection
                                        .createStatement("SELECT LENGTH(content) FROM files")
                                        .execute())))
                                .flatMap(found -> Mono.from(found.map((row, about) -> row.get(0, Long.class)))),
                        Connection::close)
                .block(PATIENCE);
        assertThat(length).isEqualTo(100_000);
    }
}
