package dev.sluice.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import dev.sluice.spring.PooledBufferCodecs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestPart;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.PrematureCloseException;
import tools.jackson.databind.json.JsonMapper;

/** Statuses, ranges and forms: what a client sees of what it has sent, and of what it has asked for. */
class AnswersTest {

    private static final WebClient CLIENT = RunningApplication.plainClient();
    private static final int MIB = 1 << 20;
    private static final AtomicInteger READS = new AtomicInteger();

    @TempDir
    static Path dir;

    private static RunningApplication application;

    @BeforeAll
    static void start() throws IOException {
        byte[] content = new byte[5 * MIB];
        for (int i = 0; i < content.length; i++) {
            content[i] = (byte) (i * 31);
        }
        Files.write(dir.resolve("file"), content);
        Files.createDirectory(dir.resolve("folder"));
        application = RunningApplication.start(Controller.class, "sluice.leak-detection=every");
    }

    @AfterAll
    static void stop() {
        application.close();
    }

    @AfterEach
    void nothingIsLeft() {
        BufferPool pool = application.pool();
        RunningApplication.eventually(
                () -> pool.stats().pending() == 0 && pool.stats().demand() == 0, pool.stats());
        assertThat(pool.stats().lost()).isZero();
    }

    private static ResponseEntity<byte[]> exchange(HttpMethod method, String path, byte[] body, String... headers) {
        WebClient.RequestBodySpec request = CLIENT.method(method).uri(application.url(path));
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return (body == null ? request : request.bodyValue(body))
                .exchangeToMono(answer -> answer.toEntity(byte[].class))
                .block(RunningApplication.PATIENCE);
    }

    private static String text(ResponseEntity<byte[]> answer) {
        return answer.getBody() == null ? "" : new String(answer.getBody(), StandardCharsets.UTF_8);
    }

    static Stream<Arguments> wrong() {
        byte[] ff = {-1, -1, -1, -1, -1};
        byte[] cutOff = {31, -117, 8, 0, 0, 0, 0, 0, 0, 0};
        return Stream.of(
                Arguments.of("/gunzip", ff, 400, "\"offset\":"),
                Arguments.of("/gunzip", cutOff, 400, "\"offset\":10"),
                Arguments.of("/records", ff, 400, "\"offset\":"),
                Arguments.of("/records", new byte[] {0, 0, 0, 9, 1}, 400, "\"offset\":"),
                Arguments.of("/records", new byte[] {0, 0, 8, 0}, 413, "\"limitBytes\":1000"),
                Arguments.of("/text", ff, 413, "\"limitBytes\":4"),
                Arguments.of("/joined", new byte[MIB], 413, "\"limitBytes\":262144"));
    }

    @ParameterizedTest
    @MethodSource("wrong")
    void whatTheClientSentWrongIsItsFault(String path, byte[] body, int status, String detail) {
        ResponseEntity<byte[]> answer = exchange(HttpMethod.POST, path, body, "Content-Type", "application/x-any");
        assertThat(answer.getStatusCode().value()).isEqualTo(status);
        assertThat(answer.getHeaders().getContentType()).isEqualTo(MediaType.APPLICATION_PROBLEM_JSON);
        assertThat(text(answer)).contains(detail, "\"status\":" + status);
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /own-limit, 500",
        "GET, /own-malformed, 500",
        "POST, /own-malformed, 500",
        "GET, /files/missing, 404",
        "HEAD, /files/missing, 404",
        "GET, /files/folder, 404",
        "PUT, /files/folder, 409",
        "PUT, /files/file, 200",
    })
    void whoIsAtFaultDecidesTheStatus(HttpMethod method, String path, int status) throws IOException {
        byte[] before = Files.readAllBytes(dir.resolve("file"));
        ResponseEntity<byte[]> answer = exchange(
                method,
                path,
                method == HttpMethod.GET || method == HttpMethod.HEAD ? null : before,
                "Content-Type",
                "application/octet-stream");
        assertThat(answer.getStatusCode().value()).isEqualTo(status);
        assertThat(text(answer))
                .doesNotContain(dir.toString(), dir.getFileName().toString(), ".sluice");
    }

    /** A server that this one asks for bytes: what it sends wrong is no fault of the client. */
    @Test
    void whatAnotherServerHasSentWrongIsNotTheClientsFault() {
        byte[] body = {1, 2, 3};
        ResponseEntity<byte[]> answer = exchange(HttpMethod.POST, "/others-malformed", body, "Content-Type", "x/y");
        assertThat(answer.getStatusCode().value()).isEqualTo(500);
    }

    @ParameterizedTest
    @ValueSource(strings = {"3\r\nabc\r\nZZ\r\n", "3\r\nabcX\r\n0\r\n\r\n", "3\r\nabc\r\nfffffffffffff\r\n"})
    void aBodyThatBreaksLeavesTheOldFileWhole(String chunks) throws IOException {
        Files.writeString(dir.resolve("old"), "the old content");
        int port = URI.create(application.url("/")).getPort();
        try (Socket socket = new Socket("localhost", port)) {
            socket.setSoTimeout(20_000);
            String head = "PUT /files/old HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n";
            socket.getOutputStream().write((head + chunks).getBytes(StandardCharsets.US_ASCII));
            byte[] start = socket.getInputStream().readNBytes(12);
            assertThat(new String(start, StandardCharsets.US_ASCII)).isEqualTo("HTTP/1.1 400");
        }
        RunningApplication.eventually(() -> application.pool().stats().pending() == 0, "");
        assertThat(Files.readString(dir.resolve("old"))).isEqualTo("the old content");
        RunningApplication.eventually(() -> temporaryFiles() == 0, "a temporary file stays");
    }

    private static long temporaryFiles() {
        try (Stream<Path> files = Files.list(dir)) {
            return files.filter(file -> file.getFileName().toString().startsWith(".sluice"))
                    .count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aMultipartBodyWithoutABoundaryIsTheClientsFault() {
        assertThat(exchange(HttpMethod.POST, "/part", new byte[3], "Content-Type", "multipart/form-data")
                        .getStatusCode()
                        .value())
                .isEqualTo(400);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/files/file", "/sized"})
    void aRangeIsAnsweredWithThatPart(String path) throws IOException {
        byte[] content = Files.readAllBytes(dir.resolve("file"));
        int all = content.length;
        for (int[] part : new int[][] {{0, 0}, {100, 199}, {MIB - 1, 3 * MIB}, {all - 10, all - 1}}) {
            ResponseEntity<byte[]> answer =
                    exchange(HttpMethod.GET, path, null, "Range", "bytes=" + part[0] + "-" + part[1]);
            assertThat(answer.getStatusCode().value()).isEqualTo(206);
            assertThat(answer.getHeaders().getFirst("Content-Range"))
                    .isEqualTo("bytes " + part[0] + "-" + part[1] + "/" + all);
            assertThat(answer.getBody()).isEqualTo(Arrays.copyOfRange(content, part[0], part[1] + 1));
        }
        assertThat(exchange(HttpMethod.GET, path, null, "Range", "bytes=-5").getBody())
                .isEqualTo(Arrays.copyOfRange(content, all - 5, all));
        ResponseEntity<byte[]> beyond = exchange(HttpMethod.GET, path, null, "Range", "bytes=" + all + "-");
        assertThat(beyond.getStatusCode().value()).isEqualTo(416);
        assertThat(beyond.getHeaders().getFirst("Content-Range")).isEqualTo("bytes */" + all);
    }

    @ParameterizedTest
    @ValueSource(strings = {"bytes=x-y", "bytes=5-2", "lines=1-2", "bytes=0-1,3-4", ""})
    void aRangeThatSaysNothingIsIgnored(String range) {
        ResponseEntity<byte[]> answer = exchange(HttpMethod.GET, "/files/file", null, "Range", range);
        assertThat(answer.getStatusCode().value()).isEqualTo(200);
        assertThat(answer.getBody()).hasSize(5 * MIB);
        assertThat(answer.getHeaders().getContentLength()).isEqualTo(5L * MIB);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"other\"", "W/\"weak\""})
    void aRangeOfAnotherStateIsIgnored(String state) {
        for (String path : new String[] {"/files/file", "/weakly-tagged"}) {
            assertThat(exchange(HttpMethod.GET, path, null, "Range", "bytes=0-1", "If-Range", state)
                            .getStatusCode()
                            .value())
                    .isEqualTo(200);
        }
    }

    /** It claims a page, or nothing, and has a line. */
    @ParameterizedTest
    @ValueSource(strings = {"/sys/class/net/lo/address", "/proc/version"})
    @EnabledOnOs(OS.LINUX)
    void aFileOfTheKernelIsAnsweredWhole(String file) throws IOException {
        Path path = Path.of(file);
        assumeThat(path).isReadable();
        Files.createSymbolicLink(dir.resolve(path.getFileName()), path);
        ResponseEntity<byte[]> answer = exchange(HttpMethod.GET, "/files/" + path.getFileName(), null);
        assertThat(answer.getBody()).isEqualTo(Files.readAllBytes(path));
        ResponseEntity<byte[]> head = exchange(HttpMethod.HEAD, "/files/" + path.getFileName(), null);
        assertThat(head.getStatusCode().value()).isEqualTo(200);
        assertThat(head.getHeaders().getContentLength()).isEqualTo(-1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/files/file", "/sized", "/counted"})
    void headReadsNothing(String path) {
        READS.set(0);
        long before = application.pool().stats().totalAcquisitions();
        ResponseEntity<byte[]> answer = exchange(HttpMethod.HEAD, path, null);
        assertThat(answer.getStatusCode().value()).isEqualTo(200);
        if (!path.equals("/counted")) {
            assertThat(answer.getHeaders().getContentLength()).isEqualTo(5L * MIB);
        }
        assertThat(READS).hasValue(0);
        assertThat(application.pool().stats().totalAcquisitions() - before).isLessThan(20);
    }

    @Test
    void eventsOfBuffersAreTheirText() {
        ResponseEntity<byte[]> answer = exchange(HttpMethod.GET, "/events", null);
        assertThat(answer.getHeaders().getContentType().isCompatibleWith(MediaType.TEXT_EVENT_STREAM))
                .isTrue();
        assertThat(text(answer)).isEqualTo("id:1\ndata:one\n\nid:2\ndata:two\ndata:lines\n\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/bytes-as-events", "/bytes-as-ndjson"})
    void bytesWithoutBoundsAreRefusedAsMessages(String path) {
        READS.set(0);
        assertThat(exchange(HttpMethod.GET, path, null).getStatusCode().value()).isEqualTo(500);
        assertThat(READS).hasValue(0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/entity-of-anything", "/anything", "/anything-entity"})
    void bytesAreBytesWhateverTheTypeSays(String path) {
        ResponseEntity<byte[]> answer = exchange(HttpMethod.GET, path, null);
        assertThat(answer.getStatusCode().value()).isEqualTo(200);
        assertThat(answer.getHeaders().getContentType()).isEqualTo(MediaType.APPLICATION_OCTET_STREAM);
        assertThat(answer.getBody()).hasSize(5 * MIB);
    }

    @ParameterizedTest
    @ValueSource(strings = {"list", "record", "map", "optional"})
    void aLeaseWithinADocumentIsRefused(String where) {
        ResponseEntity<byte[]> answer = exchange(HttpMethod.GET, "/within/" + where, null);
        Controller.releaseWithin();
        assertThat(answer.getStatusCode().value()).isEqualTo(500);
        assertThat(text(answer)).doesNotContain("released");
    }

    /** The head of the answer has gone out when the first event is written. */
    @Test
    void aLeaseWithinAnEventWhoseTypeSaysNothingBreaksTheAnswerOff() {
        assertThatThrownBy(() -> exchange(HttpMethod.GET, "/within/event", null))
                .hasRootCauseInstanceOf(PrematureCloseException.class);
        Controller.releaseWithin();
    }

    @Test
    void theRefusalOfALeaseNamesWhatToReturn() {
        JsonMapper mapper = JsonMapper.builder().findAndAddModules().build();
        try (PooledBuffer lease = application.pool().acquire(10)) {
            assertThatThrownBy(() -> mapper.writeValueAsString(Map.of("data", lease)))
                    .hasMessageContainingAll("BufferFlux", "Flux<ServerSentEvent<PooledBuffer>>", "toByteArray()");
            assertThat(lease.isReleased()).isFalse();
        }
    }

    @Test
    void aClientThatAsksForEventsGetsTheBytesOfAFile() {
        ResponseEntity<byte[]> answer = exchange(HttpMethod.GET, "/files/file", null, "Accept", "text/event-stream");
        assertThat(answer.getStatusCode().value()).isEqualTo(200);
        assertThat(answer.getHeaders().getContentType()).isEqualTo(MediaType.APPLICATION_OCTET_STREAM);
        assertThat(answer.getBody()).hasSize(5 * MIB);
    }

    @Test
    void numbersAreTheSameInEveryLocale() {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
            assertThat(text(exchange(HttpMethod.POST, "/records", new byte[] {0, 0, 8, 0})))
                    .matches("\\p{ASCII}*");
        } finally {
            Locale.setDefault(before);
        }
    }

    @RestController
    static class Controller {

        private final BufferPool pool;

        Controller(BufferPool pool) {
            this.pool = pool;
        }

        @PostMapping("/gunzip")
        Mono<Long> gunzip(@RequestBody BufferFlux body) {
            return body.gunzip().consume(PooledBuffer::length).count();
        }

        @PostMapping("/records")
        Mono<Long> records(@RequestBody BufferFlux body) {
            return body.lengthPrefixed(4, ByteOrder.BIG_ENDIAN, 1000)
                    .consume(PooledBuffer::length)
                    .count();
        }

        @PostMapping("/text")
        Mono<String> text(@RequestBody Flux<PooledBuffer> body) {
            return BufferFlux.from(body).asString(StandardCharsets.UTF_8, 4);
        }

        @PostMapping("/joined")
        Mono<Integer> joined(@RequestBody Mono<PooledBuffer> body) {
            return body.map(buffer -> {
                try (buffer) {
                    return buffer.length();
                }
            });
        }

        @PostMapping("/part")
        Mono<Long> part(@RequestPart("file") Flux<PooledBuffer> file) {
            return BufferFlux.from(file).consume(PooledBuffer::length).count();
        }

        @GetMapping("/own-limit")
        Mono<String> ownLimit() {
            return BufferFlux.read(dir.resolve("file"), pool).asString(StandardCharsets.ISO_8859_1, 4);
        }

        @GetMapping("/own-malformed")
        Mono<Long> ownMalformed() {
            return BufferFlux.read(dir.resolve("file"), pool)
                    .gunzip()
                    .consume(PooledBuffer::length)
                    .count();
        }

        @PostMapping("/others-malformed")
        Mono<Long> othersMalformed(@RequestBody BufferFlux body) {
            WebClient client = CLIENT.mutate()
                    .codecs(codecs -> PooledBufferCodecs.register(codecs, pool))
                    .build();
            Flux<PooledBuffer> bytes =
                    client.get().uri(application.url("/files/file")).retrieve().bodyToFlux(PooledBuffer.class);
            return body.drain()
                    .then(BufferFlux.from(bytes)
                            .gunzip()
                            .consume(PooledBuffer::length)
                            .count());
        }

        @PostMapping("/own-malformed")
        Mono<Long> ownMalformedAfterABody(@RequestBody BufferFlux body) {
            return body.consume(PooledBuffer::length).then(ownMalformed());
        }

        @GetMapping("/files/{name}")
        BufferFlux file(@PathVariable String name) {
            return BufferFlux.read(dir.resolve(name), pool, 10_000);
        }

        @GetMapping("/entity-of-anything")
        ResponseEntity<?> entityOfAnything() {
            return ResponseEntity.ok(file("file"));
        }

        @GetMapping("/anything")
        Object anything() {
            return file("file");
        }

        @GetMapping("/anything-entity")
        Object anythingEntity() {
            return entityOfAnything();
        }

        record Holder(String name, PooledBuffer data) {}

        private static final Queue<PooledBuffer> WITHIN = new ConcurrentLinkedQueue<>();

        private PooledBuffer within() {
            PooledBuffer lease = pool.acquire(10);
            WITHIN.add(lease);
            return lease;
        }

        /** Jackson does not know whose a lease is, and leaves it alone. */
        static void releaseWithin() {
            WITHIN.forEach(PooledBuffer::release);
            WITHIN.clear();
        }

        @GetMapping("/within/{where}")
        Mono<ResponseEntity<Object>> within(@PathVariable String where) {
            return Mono.fromSupplier(() -> ResponseEntity.ok(
                    switch (where) {
                        case "list" -> List.of(within(), within());
                        case "record" -> new Holder("name", within());
                        case "map" -> Map.of("data", within());
                        case "event" ->
                            ServerSentEvent.builder((Object) within()).build();
                        default -> Optional.of(within());
                    }));
        }

        @GetMapping("/weakly-tagged")
        ResponseEntity<BufferFlux> weaklyTagged() {
            return ResponseEntity.ok().eTag("W/\"weak\"").body(file("file"));
        }

        @PutMapping("/files/{name}")
        Mono<Long> put(@PathVariable String name, @RequestBody BufferFlux body) {
            return body.writeTo(dir.resolve(name));
        }

        @GetMapping("/sized")
        ResponseEntity<BufferFlux> sized() throws IOException {
            return ResponseEntity.ok()
                    .contentType(MediaType.TEXT_PLAIN)
                    .header(HttpHeaders.CONTENT_LENGTH, Long.toString(Files.size(dir.resolve("file"))))
                    .body(counted());
        }

        @GetMapping("/counted")
        BufferFlux counted() {
            return BufferFlux.from(file("file").doOnSubscribe(s -> READS.incrementAndGet()));
        }

        @GetMapping(path = "/events", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
        Flux<ServerSentEvent<PooledBuffer>> events() {
            AtomicInteger id = new AtomicInteger();
            return Flux.just("one", "two\nlines")
                    .map(line -> ServerSentEvent.<PooledBuffer>builder()
                            .id(Integer.toString(id.incrementAndGet()))
                            .data(pool.acquire(line.length()))
                            .build())
                    .doOnNext(event -> event.data()
                            .byteBuffer()
                            .put((event.id().equals("1") ? "one" : "two\nlines").getBytes(StandardCharsets.UTF_8)));
        }

        @GetMapping(path = "/bytes-as-events", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
        BufferFlux asEvents() {
            return counted();
        }

        @GetMapping(path = "/bytes-as-ndjson", produces = MediaType.APPLICATION_NDJSON_VALUE)
        Flux<PooledBuffer> asLines() {
            return counted();
        }
    }
}
