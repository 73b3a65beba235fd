package dev.sluice.spring;

import static dev.sluice.spring.TestController.sha256;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.ByteSources;
import dev.sluice.netty.NettyBuffers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.http.client.reactive.ClientHttpConnector;
import org.springframework.http.client.reactive.JdkClientHttpConnector;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.function.client.WebClientResponseException;
import org.springframework.web.reactive.socket.WebSocketMessage;
import org.springframework.web.reactive.socket.client.ReactorNettyWebSocketClient;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;

/** Real HTTP between servers and clients of several kinds: after each test, both pools are at rest. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class HttpTest {

    private static final java.time.Duration PATIENCE = SpringTest.LIMIT;
    private static final int MANY = 3_000_001;

    enum Client {
        NETTY,
        JDK
    }

    private final TestServer.Kind kind;

    @TempDir
    static Path dir;

    private final BufferPool pool =
            BufferPool.builder().name("server").maxBytes(16 << 20).build();
    private final BufferPool clientPool =
            BufferPool.builder().name("client").maxBytes(16 << 20).build();
    private final ConnectionProvider connections = ConnectionProvider.create("test", 100);
    private TestServer server;

    HttpTest(TestServer.Kind kind) {
        this.kind = kind;
    }

    @BeforeAll
    void start() throws Exception {
        server = new TestServer(kind, pool, BudgetResolver.fixed(pool, BufferLimits.DEFAULTS), dir);
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        SpringTest.atRest(pool);
        SpringTest.atRest(clientPool);
        SpringTest.eventually(() -> temporaryFiles().isEmpty(), this::temporaryFiles);
    }

    @AfterAll
    void stop() {
        connections.dispose();
        server.close();
        pool.close();
        clientPool.close();
    }

    private List<Path> temporaryFiles() {
        try (Stream<Path> files = Files.list(dir)) {
            return files.filter(file -> file.getFileName().toString().startsWith(".sluice-"))
                    .toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private WebClient client(Client client) {
        ClientHttpConnector connector;
        if (client == Client.JDK) {
            JdkClientHttpConnector jdk = new JdkClientHttpConnector();
            jdk.setBufferFactory(new PooledDataBufferFactory(clientPool));
            connector = jdk;
        } else {
            connector = new ReactorClientHttpConnector(NettyBuffers.equip(HttpClient.create(connections), clientPool));
        }
        return WebClient.builder()
                .clientConnector(connector)
                .baseUrl(server.url(""))
                .codecs(codecs -> PooledBufferCodecs.register(codecs, clientPool, 8 << 20))
                .build();
    }

    private Socket socket() throws IOException {
        Socket socket = new Socket("localhost", server.port);
        socket.setSoTimeout((int) PATIENCE.toMillis());
        return socket;
    }

    private BufferFlux body(byte[] bytes) {
        return BufferFlux.read(ByteSources.bytes(bytes).chunkSize(10_000), clientPool);
    }

    private String post(String path, byte[] bytes) {
        return client(Client.NETTY)
                .post()
                .uri(path)
                .body(body(bytes), PooledBuffer.class)
                .retrieve()
                .bodyToMono(String.class)
                .block(PATIENCE);
    }

    private Path file(String name, byte[] bytes) throws IOException {
        return Files.write(dir.resolve(name), bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/digest", "/digest-flux", "/digest-entity", "/fn/digest"})
    void bodiesAreReadAsBuffers(String path) {
        byte[] bytes = SpringTest.content(MANY);
        assertThat(post(path, bytes)).isEqualTo(sha256(bytes));
    }

    @Test
    void aBodyIsReadAsOneBuffer() {
        byte[] bytes = SpringTest.content(500_000);
        assertThat(post("/digest-mono", bytes)).isEqualTo(sha256(bytes));
    }

    @ParameterizedTest
    @EnumSource
    void clientsSendAndReceiveBuffers(Client client) {
        // The JDK's client does not read before it has sent all, so what is under way must fit the sockets' buffers.
        byte[] bytes = SpringTest.content(client == Client.JDK ? 100_000 : MANY);
        for (String path : List.of("/echo", "/fn/echo")) {
            Flux<PooledBuffer> received = client(client)
                    .post()
                    .uri(path)
                    .body(body(bytes), PooledBuffer.class)
                    .retrieve()
                    .bodyToFlux(PooledBuffer.class);
            assertThat(BufferFlux.from(received)
                            .digest("SHA-256")
                            .map(TestController::hex)
                            .block(PATIENCE))
                    .isEqualTo(sha256(bytes));
        }
    }

    static Stream<String> downloads() {
        return Stream.of(
                "/file/", "/file-entity/", "/file-mono-entity/", "/file-flux/", "/file-flux-entity/", "/file-mono/");
    }

    @ParameterizedTest
    @MethodSource("downloads")
    void buffersAreWrittenAsBodies(String path) throws IOException {
        byte[] bytes = SpringTest.content(MANY);
        file("download", bytes);
        for (Client client : Client.values()) {
            ResponseEntity<Flux<PooledBuffer>> response = client(client)
                    .get()
                    .uri(path + "download")
                    .retrieve()
                    .toEntityFlux(PooledBuffer.class)
                    .block(PATIENCE);
            ByteArrayOutputStream received = new ByteArrayOutputStream();
            BufferFlux.from(response.getBody())
                    .consume(buffer -> {
                        received.writeBytes(buffer.toByteArray());
                        return 1;
                    })
                    .blockLast(PATIENCE);
            assertThat(sha256(received.toByteArray())).isEqualTo(sha256(bytes));
            HttpHeaders headers = response.getHeaders();
            assertThat(headers.getContentType())
                    .isEqualTo(
                            path.equals("/file-entity/") ? MediaType.TEXT_PLAIN : MediaType.APPLICATION_OCTET_STREAM);
            boolean known = !path.equals("/file-mono-entity/");
            assertThat(headers.getContentLength()).isEqualTo(known ? MANY : -1);
            assertThat(response.getStatusCode().value()).isEqualTo(path.equals("/file-mono-entity/") ? 202 : 200);
        }
    }

    @Test
    void aMonoOfABufferIsReceivedAsOne() throws IOException {
        byte[] bytes = SpringTest.content(100_000);
        file("one", bytes);
        for (Client client : Client.values()) {
            PooledBuffer joined = client(client)
                    .get()
                    .uri("/file/one")
                    .retrieve()
                    .bodyToMono(PooledBuffer.class)
                    .block(PATIENCE);
            try (joined) {
                assertThat(joined.toByteArray()).isEqualTo(bytes);
                assertThat(joined.pool()).isSameAs(clientPool);
            }
        }
    }

    @Test
    void emptyBodiesAreFine() throws IOException {
        file("empty", new byte[0]);
        byte[] received = client(Client.NETTY)
                .get()
                .uri("/file/empty")
                .retrieve()
                .bodyToMono(byte[].class)
                .block(PATIENCE);
        assertThat(received).isNull();
        assertThatThrownBy(() -> post("/digest", new byte[0]))
                .isInstanceOfSatisfying(
                        WebClientResponseException.class,
                        error -> assertThat(error.getStatusCode().value()).isEqualTo(400));
    }

    @Test
    void rangesOfAResourceAreWritten() throws IOException {
        byte[] bytes = SpringTest.content(300_000);
        file("ranges", bytes);
        byte[] received = client(Client.NETTY)
                .get()
                .uri("/resource/ranges")
                .header(HttpHeaders.RANGE, "bytes=100000-250000")
                .retrieve()
                .bodyToFlux(PooledBuffer.class)
                .as(BufferFlux::from)
                .join(1 << 20)
                .map(joined -> {
                    try (joined) {
                        return joined.toByteArray();
                    }
                })
                .block(PATIENCE);
        assertThat(received).isEqualTo(Arrays.copyOfRange(bytes, 100_000, 250_001));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/part", "/part-events", "/part-buffers"})
    void partsBecomeBuffers(String path) {
        byte[] bytes = SpringTest.content(path.equals("/part-buffers") ? 900_000 : MANY);
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.writeBytes(SpringTest.bytes("--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n"
                + "Content-Type: application/octet-stream\r\n\r\n"));
        body.writeBytes(bytes);
        body.writeBytes(SpringTest.bytes("\r\n--cut--\r\n"));
        String digest = client(Client.NETTY)
                .post()
                .uri(path)
                .contentType(MediaType.parseMediaType("multipart/form-data;boundary=cut"))
                .bodyValue(body.toByteArray())
                .retrieve()
                .bodyToMono(String.class)
                .block(PATIENCE);
        assertThat(digest).isEqualTo(sha256(bytes));
    }

    @Test
    void aCompressedBodyIsUncompressed() throws IOException {
        byte[] bytes = SpringTest.content(MANY);
        Arrays.fill(bytes, MANY / 2, MANY, (byte) 'a');
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(compressed)) {
            gzip.write(bytes);
        }
        assertThat(post("/gunzip", compressed.toByteArray())).isEqualTo(sha256(bytes));
    }

    @Test
    void aBodyIsWrittenToAFile() throws IOException {
        byte[] bytes = SpringTest.content(MANY);
        assertThat(post("/count/saved", bytes)).isEqualTo(Integer.toString(MANY));
        assertThat(Files.readAllBytes(dir.resolve("saved"))).isEqualTo(bytes);
    }

    @Test
    void webSocketMessagesAreEchoed() {
        List<byte[]> messages = List.of(SpringTest.content(10), SpringTest.content(30_000), SpringTest.content(60_000));
        List<String> echoed = new java.util.concurrent.CopyOnWriteArrayList<>();
        new ReactorNettyWebSocketClient(NettyBuffers.equip(HttpClient.create(connections), clientPool))
                .execute(
                        URI.create(server.url("/socket").replace("http", "ws")),
                        session -> session.send(Flux.fromIterable(messages)
                                        .map(message -> session.binaryMessage(factory -> factory.wrap(message))))
                                .thenMany(session.receive().take(messages.size()))
                                .map(WebSocketMessage::getPayload)
                                .doOnNext(payload -> {
                                    byte[] bytes = new byte[payload.readableByteCount()];
                                    payload.read(bytes);
                                    echoed.add(sha256(bytes));
                                })
                                .then())
                .block(PATIENCE);
        assertThat(echoed)
                .containsExactlyElementsOf(
                        messages.stream().map(TestController::sha256).toList());
    }

    /** Spring on Tomcat does not always see it, with its own buffers neither: there, a timeout ends the upload. */
    @Test
    void aClientThatGoesAwayInItsBodyLeavesNothingBehind() throws IOException {
        String path = kind == TestServer.Kind.TOMCAT ? "/save-or-time-out/aborted" : "/save/aborted";
        for (int i = 0; i < 5; i++) {
            try (Socket socket = socket()) {
                OutputStream out = socket.getOutputStream();
                out.write(("POST " + path + " HTTP/1.1\r\nHost: localhost\r\n"
                                + "Content-Type: application/octet-stream\r\nContent-Length: 10000000\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
                out.write(new byte[200_000]);
                out.flush();
                SpringTest.eventually(() -> !temporaryFiles().isEmpty(), () -> "not begun");
            }
            SpringTest.eventually(() -> temporaryFiles().isEmpty(), this::temporaryFiles);
        }
        assertThat(dir.resolve("aborted")).doesNotExist();
    }

    @Test
    void aClientThatGoesAwayInADownloadLeavesNothingBehind() throws IOException {
        for (int i = 0; i < 5; i++) {
            try (Socket socket = socket()) {
                socket.getOutputStream()
                        .write("GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                InputStream in = socket.getInputStream();
                assertThat(in.readNBytes(100_000)).hasSize(100_000);
            }
            SpringTest.atRest(pool);
        }
    }

    /** Not with the JDK's client: there, Spring 7.0 leaves the connection open and unread. */
    @Test
    void aDownloadThatIsCancelledLeavesNothingBehind() {
        Long received = client(Client.NETTY)
                .get()
                .uri("/endless")
                .retrieve()
                .bodyToFlux(PooledBuffer.class)
                .as(BufferFlux::from)
                .takeBytes(1_000_000)
                .consume(PooledBuffer::length)
                .reduce(0L, Long::sum)
                .block(PATIENCE);
        assertThat(received).isEqualTo(1_000_000);
    }

    /** The reader takes nothing for a while: at most the window is out for it. */
    @Test
    void aSlowReaderHoldsNoMoreThanAWindow() throws IOException {
        try (Socket socket = socket()) {
            socket.getOutputStream()
                    .write("GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(socket.getInputStream().read()).isPositive();
            long until = System.nanoTime() + 300_000_000;
            while (System.nanoTime() < until) {
                assertThat(pool.stats().bytesInUse()).isLessThanOrEqualTo(40 * 8192);
                Thread.onSpinWait();
            }
        }
    }

    @Test
    void anErrorWithinABodyBreaksItOff() throws IOException {
        file("broken", SpringTest.content(MANY));
        for (Client client : Client.values()) {
            Flux<PooledBuffer> received =
                    client(client).get().uri("/broken/broken").retrieve().bodyToFlux(PooledBuffer.class);
            assertThatThrownBy(() -> BufferFlux.from(received)
                            .consume(PooledBuffer::length)
                            .blockLast(PATIENCE))
                    .isInstanceOf(Exception.class);
        }
    }

    @Test
    void aTimeoutInTheMiddleOfABodyLeavesNothingBehind() {
        Flux<PooledBuffer> stuck = BufferFlux.from(body(new byte[100_000]).concatWith(Flux.never()));
        assertThatThrownBy(() -> client(Client.NETTY)
                        .post()
                        .uri("/echo")
                        .body(stuck, PooledBuffer.class)
                        .retrieve()
                        .bodyToFlux(PooledBuffer.class)
                        .as(BufferFlux::from)
                        .orTimeout(java.time.Duration.ofMillis(200))
                        .consume(PooledBuffer::length)
                        .blockLast(PATIENCE))
                .hasCauseInstanceOf(java.util.concurrent.TimeoutException.class);
    }

    @Test
    void dataBuffersOfTheServerAreReleasedByWhoeverReadsThem() {
        byte[] bytes = SpringTest.content(200_000);
        Mono<byte[]> echoed = client(Client.NETTY)
                .post()
                .uri("/echo")
                .bodyValue(bytes)
                .retrieve()
                .bodyToFlux(org.springframework.core.io.buffer.DataBuffer.class)
                .as(DataBufferUtils::join)
                .map(joined -> {
                    byte[] read = new byte[joined.readableByteCount()];
                    joined.read(read);
                    DataBufferUtils.release(joined);
                    return read;
                });
        assertThat(echoed.block(PATIENCE)).isEqualTo(bytes);
    }
}
