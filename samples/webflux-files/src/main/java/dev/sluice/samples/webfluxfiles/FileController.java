package dev.sluice.samples.webfluxfiles;

import dev.sluice.BufferPool;
import dev.sluice.flux.BufferFlux;
import dev.sluice.spring.DataBuffers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.springframework.http.ContentDisposition;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpRange;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.http.codec.multipart.FilePart;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestPart;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.channel.AbortedException;

/** Files over HTTP. A body is a {@code BufferFlux}, in and out: it is never in memory as a whole. */
@RestController
@RequestMapping("/files")
class FileController {

    private final FileStore files;
    private final BufferPool pool;

    FileController(FileStore files, BufferPool pool) {
        this.files = files;
        this.pool = pool;
    }

    @GetMapping
    Flux<StoredFile> list() {
        return files.all();
    }

    /** {@code curl -T some.txt localhost:8080/files/} */
    @PutMapping("/{name}")
    @ResponseStatus(HttpStatus.CREATED)
    Mono<StoredFile> upload(@PathVariable String name, @RequestBody(required = false) BufferFlux body) {
        return files.save(FileName.checked(name), body);
    }

    /** {@code curl -F file=@some.txt -F file=@other.txt localhost:8080/files} */
    @PostMapping(consumes = MediaType.MULTIPART_FORM_DATA_VALUE)
    @ResponseStatus(HttpStatus.CREATED)
    Flux<StoredFile> uploadForm(@RequestPart("file") Flux<FilePart> parts) {
        return parts.concatMap(
                part -> files.save(FileName.checked(part.filename()), DataBuffers.toBufferFlux(part.content(), pool)));
    }

    /** The whole, or with {@code curl -r 100-199} a part of it. */
    @GetMapping("/{name}")
    ResponseEntity<BufferFlux> download(@PathVariable String name, @RequestHeader HttpHeaders headers) {
        StoredFile file = files.find(name);
        List<HttpRange> ranges = ranges(headers, file);
        if (ranges.size() != 1) {
            return headed(HttpStatus.OK, file).contentLength(file.bytes()).body(files.read(file));
        }
        long first = ranges.get(0).getRangeStart(file.bytes());
        long last = ranges.get(0).getRangeEnd(file.bytes());
        if (first > last) {
            return ResponseEntity.status(HttpStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
                    .header(HttpHeaders.CONTENT_RANGE, "bytes */" + file.bytes())
                    .build();
        }
        return headed(HttpStatus.PARTIAL_CONTENT, file)
                .header(HttpHeaders.CONTENT_RANGE, "bytes " + first + "-" + last + "/" + file.bytes())
                .contentLength(last - first + 1)
                .body(files.read(file, first, last - first + 1));
    }

    /** Several ranges, a malformed one, or one of what the file was before are answered with the whole. */
    private static List<HttpRange> ranges(HttpHeaders headers, StoredFile file) {
        String condition = headers.getFirst(HttpHeaders.IF_RANGE);
        try {
            return condition == null || condition.equals(tag(file)) ? headers.getRange() : List.of();
        } catch (IllegalArgumentException malformed) {
            return List.of();
        }
    }

    private static ResponseEntity.BodyBuilder headed(HttpStatus status, StoredFile file) {
        return ResponseEntity.status(status)
                .contentType(MediaType.APPLICATION_OCTET_STREAM)
                .eTag(tag(file))
                .header(HttpHeaders.ACCEPT_RANGES, "bytes")
                .header(HttpHeaders.CONTENT_DISPOSITION, attachment(file.name()));
    }

    private static String tag(StoredFile file) {
        return '"' + file.sha256() + '"';
    }

    private static String attachment(String name) {
        return ContentDisposition.attachment()
                .filename(name, StandardCharsets.UTF_8)
                .build()
                .toString();
    }

    /** {@code curl localhost:8080/files/some.txt?gzip}: compressed on the way. */
    @GetMapping(path = "/{name}", params = "gzip")
    ResponseEntity<BufferFlux> downloadCompressed(@PathVariable String name) {
        StoredFile file = files.find(name);
        return ResponseEntity.ok()
                .contentType(MediaType.valueOf("application/gzip"))
                .header(HttpHeaders.CONTENT_DISPOSITION, attachment(name + ".gz"))
                .body(files.read(file).gzip());
    }

    @DeleteMapping("/{name}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    Mono<Void> delete(@PathVariable String name) {
        return files.delete(files.find(name).name());
    }

    /** The client went away in the middle: nobody is there to be answered, and nothing is wrong here. */
    @ExceptionHandler(AbortedException.class)
    void gone() {}
}
