package dev.sluice.spring;

import static dev.sluice.spring.TestController.sha256;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.MemoryBudget;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.ByteSources;
import dev.sluice.netty.NettyBuffers;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;

/** What a request gets when memory is short or its body too long, over real HTTP. */
class RequestBudgetTest {

    private static final Duration PATIENCE = SpringTest.LIMIT;

    @TempDir
    Path dir;

    private final BufferPool clientPool =
            BufferPool.builder().name("client").maxBytes(64 << 20).build();
    private final ConnectionProvider connections =
            ConnectionProvider.builder("test").maxConnections(100).build();

    @AfterEach
    void nothingIsLeft() {
        connections.dispose();
        SpringTest.atRest(clientPool);
        clientPool.close();
    }

    private WebClient client(TestServer server) {
        return WebClient.builder()
                .clientConnector(
                        new ReactorClientHttpConnector(NettyBuffers.equip(HttpClient.create(connections), clientPool)))
                .baseUrl(server.url(""))
                .codecs(codecs -> PooledBufferCodecs.register(codecs, clientPool))
                .build();
    }

    private Mono<ResponseEntity<String>> post(TestServer server, String path, byte[] bytes) {
        return client(server)
                .post()
                .uri(path)
                .body(BufferFlux.read(ByteSources.bytes(bytes).chunkSize(10_000), clientPool), PooledBuffer.class)
                .exchangeToMono(response -> response.toEntity(String.class));
    }

    private static BufferPool pool(long bytes) {
        return BufferPool.builder().name("server").maxBytes(bytes).build();
    }

    @ParameterizedTest
    @EnumSource
    void manyUploadsGetThroughATinyBudget(TestServer.Kind kind) throws Exception {
        BufferPool tiny = pool(512 << 10);
        byte[] bytes = SpringTest.content(1_000_003);
        String expected = sha256(bytes);
        try (TestServer server = new TestServer(kind, tiny, BudgetResolver.fixed(tiny, BufferLimits.DEFAULTS), dir)) {
            List<String> digests = Flux.range(0, 50)
                    .flatMap(i -> post(server, "/digest", bytes).mapNotNull(ResponseEntity::getBody), 50)
                    .collectList()
                    .block(PATIENCE);
            assertThat(digests).hasSize(50).allMatch(expected::equals);
            assertThat(tiny.stats().peakBytes()).isLessThanOrEqualTo(512 << 10);
            SpringTest.atRest(tiny);
        }
        tiny.close();
    }

    @ParameterizedTest
    @EnumSource(names = {"NETTY_EQUIPPED", "NETTY"})
    void refusesAtOnceWith503(TestServer.Kind kind) throws Exception {
        BufferPool full = pool(64 << 10);
        BufferLimits limits = BufferLimits.DEFAULTS
                .refusing()
                .withRetryAfter(Duration.ofMillis(2500))
                .withAdmission(1024);
        try (TestServer server = new TestServer(kind, full, BudgetResolver.fixed(full, limits), dir)) {
            PooledBuffer all = full.acquire(64 << 10);
            assertRefused(post(server, "/digest", new byte[100_000]).block(PATIENCE), "3");
            all.release();
            assertThat(post(server, "/digest", new byte[100])
                            .block(PATIENCE)
                            .getStatusCode()
                            .value())
                    .isEqualTo(200);
            SpringTest.atRest(full);
        }
        full.close();
    }

    /** Without admission, the body is what finds the pool empty. */
    @Test
    void refusesABodyAfterAWhileWith503() throws Exception {
        BufferPool full = pool(64 << 10);
        BufferLimits limits = BufferLimits.DEFAULTS.waitingAtMost(Duration.ofMillis(50));
        try (TestServer server = new TestServer(TestServer.Kind.NETTY, full, BudgetResolver.fixed(full, limits), dir)) {
            PooledBuffer all = full.acquire(64 << 10);
            assertRefused(post(server, "/digest", new byte[100]).block(PATIENCE), "1");
            all.release();
            SpringTest.atRest(full);
        }
        full.close();
    }

    private static void assertRefused(ResponseEntity<String> response, String retryAfter) {
        assertThat(response.getStatusCode().value()).isEqualTo(503);
        assertThat(response.getHeaders().getFirst(HttpHeaders.RETRY_AFTER)).isEqualTo(retryAfter);
        assertThat(response.getHeaders().getContentType()).isEqualTo(MediaType.APPLICATION_PROBLEM_JSON);
        assertThat(response.getBody())
                .startsWith(
                        "{\"title\":\"Service Unavailable\",\"status\":503,\"detail\":\"pool 'server' cannot grant ")
                .contains("\"bytesInUse\":65536,\"idleBytes\":0,\"limitBytes\":65536")
                .endsWith("\"retryAfterSeconds\":" + retryAfter + "}");
    }

    @Test
    void waitsUntilThereIsMemory() throws Exception {
        BufferPool full = pool(64 << 10);
        BufferLimits limits = BufferLimits.DEFAULTS.withAdmission(1024);
        try (TestServer server = new TestServer(TestServer.Kind.NETTY, full, BudgetResolver.fixed(full, limits), dir)) {
            PooledBuffer all = full.acquire(64 << 10);
            byte[] bytes = SpringTest.content(100_000);
            var response = post(server, "/digest", bytes).toFuture();
            SpringTest.eventually(() -> full.stats().pending() > 0, full::stats);
            assertThat(response).isNotDone();
            all.release();
            assertThat(response.get().getBody()).isEqualTo(sha256(bytes));
            SpringTest.atRest(full);
        }
        full.close();
    }

    @ParameterizedTest
    @EnumSource
    void anAnnouncedBodyThatIsTooLongGets413(TestServer.Kind kind) throws Exception {
        BufferPool pool = pool(1 << 20);
        try (TestServer server = limited(kind, pool, BufferLimits.DEFAULTS.withMaxBody(1000))) {
            ResponseEntity<String> response = client(server)
                    .post()
                    .uri("/digest")
                    .bodyValue(new byte[5000])
                    .exchangeToMono(answer -> answer.toEntity(String.class))
                    .block(PATIENCE);
            assertThat(response.getStatusCode().value()).isEqualTo(413);
            assertThat(response.getBody())
                    .isEqualTo(
                            "{\"title\":\"Content Too Large\",\"status\":413,\"detail\":\"the body is announced to have"
                                    + " 5,000 bytes, more than the limit of 1,000 bytes\",\"limitBytes\":1000,"
                                    + "\"lengthBytes\":5000}");
            SpringTest.atRest(pool);
        }
        pool.close();
    }

    @ParameterizedTest
    @EnumSource
    void aBodyThatTurnsOutToBeTooLongGets413AndTheRestIsDrained(TestServer.Kind kind) throws Exception {
        BufferPool pool = pool(1 << 20);
        try (TestServer server =
                limited(kind, pool, BufferLimits.DEFAULTS.withMaxBody(100_000).withDrain(4 << 20, PATIENCE))) {
            for (String path : List.of("/digest", "/count/cut", "/fn/digest")) {
                ResponseEntity<String> response =
                        post(server, path, new byte[1_000_000]).block(PATIENCE);
                assertThat(response.getStatusCode().value()).isEqualTo(413);
                assertThat(response.getBody()).contains("more than the limit of 100,000 bytes");
            }
            assertThat(dir.resolve("cut")).doesNotExist();
            SpringTest.atRest(pool);
        }
        pool.close();
    }

    @ParameterizedTest
    @EnumSource(names = {"NETTY_EQUIPPED", "NETTY"})
    void partsCountAsWell(TestServer.Kind kind) throws Exception {
        BufferPool pool = pool(1 << 20);
        try (TestServer server = limited(kind, pool, BufferLimits.DEFAULTS.withMaxBody(100_000))) {
            for (int length : new int[] {50_000, 300_000}) {
                byte[] head =
                        SpringTest.bytes("--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n"
                                + "Content-Type: application/octet-stream\r\n\r\n");
                byte[] content = SpringTest.content(length);
                byte[] tail = SpringTest.bytes("\r\n--cut--\r\n");
                Flux<PooledBuffer> body = Flux.just(head, content, tail)
                        .concatMap(bytes ->
                                BufferFlux.read(ByteSources.bytes(bytes).chunkSize(10_000), clientPool));
                ResponseEntity<String> response = client(server)
                        .post()
                        .uri("/part")
                        .contentType(MediaType.parseMediaType("multipart/form-data;boundary=cut"))
                        .body(body, PooledBuffer.class)
                        .exchangeToMono(answer -> answer.toEntity(String.class))
                        .block(PATIENCE);
                if (length < 100_000) {
                    assertThat(response.getBody()).isEqualTo(sha256(content));
                } else {
                    assertThat(response.getStatusCode().value()).isEqualTo(413);
                }
            }
            SpringTest.atRest(pool);
        }
        pool.close();
    }

    /** A client that never stops sending is answered, read for a while, and cut off. */
    @ParameterizedTest
    @EnumSource(names = {"NETTY_EQUIPPED", "NETTY"})
    void theDrainIsBounded(TestServer.Kind kind) throws Exception {
        BufferPool pool = pool(1 << 20);
        BufferLimits limits = BufferLimits.DEFAULTS.withMaxBody(1000).withDrain(200_000, PATIENCE);
        try (TestServer server = limited(kind, pool, limits);
                Socket socket = new Socket("localhost", server.port)) {
            socket.setSoTimeout((int) PATIENCE.toMillis());
            OutputStream out = socket.getOutputStream();
            out.write(
                    SpringTest.bytes("POST /digest HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"));
            byte[] chunk = SpringTest.bytes("1000\r\n" + "x".repeat(0x1000) + "\r\n");
            out.write(chunk);
            InputStream in = socket.getInputStream();
            assertThat(new String(in.readNBytes(12), StandardCharsets.US_ASCII)).isEqualTo("HTTP/1.1 413");
            long sent = 0;
            try {
                while (sent < 100_000_000) {
                    out.write(chunk);
                    sent += chunk.length;
                }
            } catch (IOException e) {
                assertThat(sent).as("sent until the reset").isGreaterThan(100_000);
            }
            assertThat(sent).isLessThan(100_000_000);
            SpringTest.atRest(pool);
        }
        pool.close();
    }

    @ParameterizedTest
    @EnumSource(names = {"NETTY_EQUIPPED", "NETTY"})
    void theTimeOfADrainIsBounded(TestServer.Kind kind) throws Exception {
        BufferPool pool = pool(1 << 20);
        BufferLimits limits = BufferLimits.DEFAULTS.withMaxBody(1000).withDrain(1 << 20, Duration.ofMillis(100));
        try (TestServer server = limited(kind, pool, limits);
                Socket socket = new Socket("localhost", server.port)) {
            socket.setSoTimeout((int) PATIENCE.toMillis());
            socket.getOutputStream()
                    .write(SpringTest.bytes(
                            "POST /digest HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n"));
            byte[] all = socket.getInputStream().readAllBytes();
            assertThat(new String(all, StandardCharsets.UTF_8))
                    .startsWith("HTTP/1.1 413")
                    .containsIgnoringCase("connection: close");
            SpringTest.atRest(pool);
        }
        pool.close();
    }

    @Test
    void aLimitOfAnOperatorGets413() throws Exception {
        BufferPool pool = pool(1 << 20);
        try (TestServer server = limited(TestServer.Kind.NETTY_EQUIPPED, pool, BufferLimits.DEFAULTS)) {
            assertThat(post(server, "/join", new byte[1000]).block(PATIENCE).getBody())
                    .isEqualTo("1000");
            ResponseEntity<String> response =
                    post(server, "/join", new byte[1001]).block(PATIENCE);
            assertThat(response.getStatusCode().value()).isEqualTo(413);
            assertThat(response.getBody()).contains("\"limitBytes\":1000,\"offset\":0");
            SpringTest.atRest(pool);
        }
        pool.close();
    }

    @Test
    void tenantsHaveBudgetsOfTheirOwn() throws Exception {
        MemoryBudget whole = MemoryBudget.of("whole", 1 << 20);
        BufferPool pool = BufferPool.builder().name("server").budget(whole).build();
        BudgetResolver budgets = BudgetResolver.routes(pool, BufferLimits.DEFAULTS)
                .path("/digest-flux", BufferLimits.DEFAULTS.withMaxBody(10))
                .path("/digest-mono", 128 << 10, BufferLimits.DEFAULTS.refusing())
                .tenants(
                        "X-Tenant",
                        64 << 10,
                        2,
                        BufferLimits.DEFAULTS.refusing().withAdmission(1024))
                .build();
        BufferPool[] pools = new BufferPool[1];
        BudgetResolver watched = exchange -> {
            RequestBudget budget = budgets.resolve(exchange);
            pools[0] = budget.pool();
            return budget;
        };
        try (TestServer server = new TestServer(TestServer.Kind.NETTY, pool, watched, dir)) {
            assertThat(tenant(server, "a", "/digest").getStatusCode().value()).isEqualTo(200);
            BufferPool ofA = pools[0];
            assertThat(ofA.budget().parent()).isSameAs(whole);
            assertThat(ofA.budget().limit()).isEqualTo(64 << 10);
            PooledBuffer all = ofA.acquire(64 << 10);
            assertThat(tenant(server, "a", "/digest").getStatusCode().value()).isEqualTo(503);
            assertThat(tenant(server, "b", "/digest").getStatusCode().value()).isEqualTo(200);
            assertThat(pools[0]).isNotSameAs(ofA);
            assertThat(tenant(server, "c", "/digest").getStatusCode().value())
                    .as("b made room")
                    .isEqualTo(200);
            PooledBuffer ofC = pools[0].acquire(1);
            assertThat(tenant(server, "d", "/digest").getStatusCode().value()).isEqualTo(200);
            BufferPool others = pools[0];
            assertThat(tenant(server, "e", "/digest").getStatusCode().value()).isEqualTo(200);
            assertThat(pools[0]).as("nobody could make room").isSameAs(others);
            all.release();
            ofC.release();
            assertThat(tenant(server, "a", "/digest").getStatusCode().value()).isEqualTo(200);
            assertThat(pools[0]).isSameAs(ofA);
            assertThat(tenant(server, "a", "/digest-flux").getStatusCode().value())
                    .as("the first rule wins")
                    .isEqualTo(413);
            assertThat(tenant(server, "a", "/digest-mono").getStatusCode().value())
                    .isEqualTo(200);
            assertThat(pools[0].budget().limit()).isEqualTo(128 << 10);
            SpringTest.atRest(ofA);
            SpringTest.atRest(pool);
        }
        pool.close();
    }

    private ResponseEntity<String> tenant(TestServer server, String tenant, String path) {
        return client(server)
                .post()
                .uri(path)
                .header("X-Tenant", tenant)
                .bodyValue(new byte[1000])
                .exchangeToMono(answer -> answer.toEntity(String.class))
                .block(PATIENCE);
    }

    private TestServer limited(TestServer.Kind kind, BufferPool pool, BufferLimits limits) throws Exception {
        return new TestServer(kind, pool, BudgetResolver.fixed(pool, limits), dir);
    }
}
