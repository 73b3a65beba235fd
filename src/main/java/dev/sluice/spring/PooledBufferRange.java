package dev.sluice.spring;

import static dev.sluice.spring.Messages.message;

import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.ByteRanges;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpRange;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * What of a body of known length a request asks for: all, nothing (HEAD), or a part (RFC 9110, section 14).
 *
 * <p>The length is known where the body is a file, or where the handler has said it. Several ranges, malformed ones and
 * those whose {@code If-Range} names another state of the content are answered with the whole, as the RFC allows.
 */
final class PooledBufferRange {

    private final ServerHttpRequest request;
    private final ServerHttpResponse response;
    private final BufferFlux body;

    private PooledBufferRange(ServerHttpRequest request, ServerHttpResponse response, BufferFlux body) {
        this.request = request;
        this.response = response;
        this.body = body;
    }

    /**
     * Sets status and headers, and finds what is to be written.
     *
     * @return the body or a part of it; empty, where nothing of it is to be read
     */
    static Mono<Publisher<? extends PooledBuffer>> of(
            ServerHttpRequest request, ServerHttpResponse response, Publisher<? extends PooledBuffer> buffers) {
        if (!(buffers instanceof BufferFlux body) || !isWhole(request, response)) {
            return Mono.just(buffers);
        }
        PooledBufferRange range = new PooledBufferRange(request, response, body);
        long said = response.getHeaders().getContentLength();
        if (said >= 0) {
            return Mono.just(range.within(said));
        }
        return body instanceof ByteRanges file
                ? file.lengthBytes()
                        .<Publisher<? extends PooledBuffer>>map(range::within)
                        .switchIfEmpty(range.unsized())
                : range.unsized();
    }

    private static boolean isWhole(ServerHttpRequest request, ServerHttpResponse response) {
        HttpMethod method = request.getMethod();
        return (method == HttpMethod.GET || method == HttpMethod.HEAD)
                && (response.getStatusCode() == null || response.getStatusCode() == HttpStatus.OK)
                && !response.getHeaders().containsHeader(HttpHeaders.CONTENT_ENCODING)
                && !response.getHeaders().containsHeader(HttpHeaders.CONTENT_RANGE);
    }

    private Mono<Publisher<? extends PooledBuffer>> unsized() {
        return Mono.fromSupplier(() -> request.getMethod() == HttpMethod.HEAD ? Flux.empty() : body);
    }

    private Publisher<? extends PooledBuffer> within(long length) {
        HttpHeaders headers = response.getHeaders();
        headers.set(HttpHeaders.ACCEPT_RANGES, "bytes");
        headers.setContentLength(length);
        if (request.getMethod() == HttpMethod.HEAD) {
            return Flux.empty();
        }
        HttpRange asked = asked();
        if (asked == null) {
            return body;
        }
        long first = asked.getRangeStart(length);
        long last = asked.getRangeEnd(length);
        if (first > last) {
            response.setStatusCode(HttpStatus.REQUESTED_RANGE_NOT_SATISFIABLE);
            headers.set(HttpHeaders.CONTENT_RANGE, message("bytes */%d", length));
            headers.setContentLength(0);
            return Flux.empty();
        }
        response.setStatusCode(HttpStatus.PARTIAL_CONTENT);
        headers.set(HttpHeaders.CONTENT_RANGE, message("bytes %d-%d/%d", first, last, length));
        long bytes = last - first + 1;
        headers.setContentLength(bytes);
        return body instanceof ByteRanges file ? file.range(first, bytes) : body.byteRange(first, bytes);
    }

    /** The one range that is asked for; null for the whole. */
    private @Nullable HttpRange asked() {
        String condition = request.getHeaders().getFirst(HttpHeaders.IF_RANGE);
        HttpHeaders said = response.getHeaders();
        if (condition != null
                && (condition.startsWith("W/") || !condition.equals(said.getETag()))
                && !condition.equals(said.getFirst(HttpHeaders.LAST_MODIFIED))) {
            return null; // a weak tag says that two states look alike, not that their bytes are the same
        }
        try {
            List<HttpRange> ranges = HttpRange.parseRanges(request.getHeaders().getFirst(HttpHeaders.RANGE));
            return ranges.size() == 1 ? ranges.get(0) : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
