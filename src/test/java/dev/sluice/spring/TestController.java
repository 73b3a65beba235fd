package dev.sluice.spring;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.BufferMono;
import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.core.io.FileSystemResource;
import org.springframework.core.io.Resource;
import org.springframework.http.HttpEntity;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.http.codec.multipart.FilePart;
import org.springframework.http.codec.multipart.PartEvent;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestPart;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** One method for each shape in which a body can come and go. */
@RestController
class TestController {

    private final BufferPool pool;
    private final Path dir;

    TestController(BufferPool pool, @Qualifier("dir") Path dir) {
        this.pool = pool;
        this.dir = dir;
    }

    static String hex(byte[] digest) {
        return HexFormat.of().formatHex(digest);
    }

    static String sha256(byte[] bytes) {
        try {
            return hex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static Mono<String> digestOf(Flux<PooledBuffer> body) {
        return BufferFlux.from(body).digest("SHA-256").map(TestController::hex);
    }

    @PostMapping("/digest")
    Mono<String> digest(@RequestBody BufferFlux body) {
        return body.digest("SHA-256").map(TestController::hex);
    }

    @PostMapping("/digest-flux")
    Mono<String> digestFlux(@RequestBody Flux<PooledBuffer> body) {
        return digestOf(body);
    }

    @PostMapping("/digest-entity")
    Mono<String> digestEntity(HttpEntity<BufferFlux> entity) {
        return digestOf(entity.getBody());
    }

    @PostMapping("/digest-mono")
    Mono<String> digestMono(@RequestBody Mono<PooledBuffer> body) {
        return digestOf(body.flux());
    }

    @PostMapping("/gunzip")
    Mono<String> gunzip(@RequestBody BufferFlux body) {
        return digestOf(body.gunzip());
    }

    @PostMapping("/save/{name}")
    Mono<Long> save(@RequestBody BufferFlux body, @PathVariable String name) {
        return body.writeTo(dir.resolve(name));
    }

    @PostMapping("/save-or-time-out/{name}")
    Mono<Long> saveOrTimeOut(@RequestBody BufferFlux body, @PathVariable String name) {
        return body.orTimeout(Duration.ofSeconds(2)).writeTo(dir.resolve(name));
    }

    @PostMapping("/count/{name}")
    Mono<String> count(@RequestBody BufferFlux body, @PathVariable String name) {
        return body.writeTo(dir.resolve(name)).map(Object::toString);
    }

    @PostMapping("/echo")
    BufferFlux echo(@RequestBody BufferFlux body) {
        return body;
    }

    @PostMapping("/join")
    Mono<String> join(@RequestBody BufferFlux body) {
        return body.join(1000).map(joined -> {
            try (joined) {
                return Integer.toString(joined.length());
            }
        });
    }

    @PostMapping("/unread")
    String unread() {
        return "unread";
    }

    @GetMapping("/file/{name}")
    BufferFlux file(@PathVariable String name) {
        return BufferFlux.read(dir.resolve(name), pool, 16 << 10);
    }

    @GetMapping("/file-entity/{name}")
    ResponseEntity<BufferFlux> fileEntity(@PathVariable String name) throws IOException {
        return ResponseEntity.ok()
                .contentType(MediaType.TEXT_PLAIN)
                .contentLength(dir.resolve(name).toFile().length())
                .body(file(name));
    }

    @GetMapping("/file-mono-entity/{name}")
    Mono<ResponseEntity<BufferFlux>> fileMonoEntity(@PathVariable String name) {
        return Mono.fromSupplier(() -> ResponseEntity.accepted().body(file(name)));
    }

    @GetMapping("/file-flux/{name}")
    Flux<PooledBuffer> fileFlux(@PathVariable String name) {
        return file(name);
    }

    @GetMapping("/file-flux-entity/{name}")
    ResponseEntity<Flux<PooledBuffer>> fileFluxEntity(@PathVariable String name) {
        return ResponseEntity.ok(file(name));
    }

    @GetMapping("/file-mono/{name}")
    Mono<PooledBuffer> fileMono(@PathVariable String name) {
        return file(name).join(8 << 20);
    }

    @GetMapping("/resource/{name}")
    Resource resource(@PathVariable String name) {
        return new FileSystemResource(dir.resolve(name));
    }

    @GetMapping("/endless")
    BufferFlux endless() {
        return BufferFlux.from(BufferMono.acquire(pool, 8 << 10).repeat());
    }

    @GetMapping("/broken/{name}")
    BufferFlux broken(@PathVariable String name) {
        return BufferFlux.from(file(name).take(20).concatWith(Mono.error(new IOException("broken"))));
    }

    @PostMapping("/part")
    Mono<String> part(@RequestPart("file") Mono<FilePart> file) {
        return file.flatMap(part -> digestOf(DataBuffers.toBufferFlux(part.content(), pool)));
    }

    @PostMapping("/part-buffers")
    Mono<String> partBuffers(@RequestPart("file") BufferFlux file) {
        return digestOf(file);
    }

    @PostMapping("/part-events")
    Mono<String> partEvents(@RequestBody Flux<PartEvent> events) {
        return digestOf(DataBuffers.toBufferFlux(events.map(PartEvent::content), pool));
    }
}
