package dev.sluice.spring;

import static dev.sluice.spring.Messages.message;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebExceptionHandler;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Answers errors of memory, length and content with a problem detail (RFC 9457) that has the numbers in it; takes no
 * memory of a pool.
 *
 * <table>
 * <caption>What is answered</caption>
 * <tr><th>error</th><th>status</th></tr>
 * <tr><td>{@link dev.sluice.PoolExhaustedException}</td><td>503, with {@code Retry-After}</td></tr>
 * <tr><td>{@link BodyTooLargeException}, and {@link dev.sluice.flux.ByteLimitException} about the request's
 * body</td><td>413</td></tr>
 * <tr><td>{@link dev.sluice.flux.MalformedBytesException} and {@link dev.sluice.flux.TruncatedBytesException} about the
 * request's body</td><td>400, with the offset</td></tr>
 * <tr><td>{@link java.nio.file.NoSuchFileException} on GET, HEAD and DELETE</td><td>404</td></tr>
 * <tr><td>a folder, or an existing file, where a file is to be put</td><td>409</td></tr>
 * </table>
 *
 * <p>The same errors about bytes of the server's own, such as a file that it reads, are passed on: they are no fault of
 * the client. {@link dev.sluice.flux.ByteStreamException#source()} says whose bytes they are; those of the client are
 * the ones that a handler got as {@code BufferFlux} or {@code PooledBuffer}. No answer says a path of the server.
 *
 * <p>With 400 and 413, the connection is closed when the rest of the body is drained within its bounds.
 *
 * <p>An error is looked for among the causes as well. All other errors are passed on, and so are those of a response
 * that has begun: that breaks off. It stands before Boot's handler and the one for {@code ResponseStatusException}.
 * Immutable.
 */
public final class BufferErrorHandler implements WebExceptionHandler, Ordered {

    /** Boot has -1, the one for {@code ResponseStatusException} 0. */
    private static final int ORDER = -3;

    /** An exception that is its own cause at some remove is not looked at for ever. */
    private static final int MAX_CAUSES = 16;

    private final int order;
    private final Mapping mapping;

    /** Says what is answered to an error. Thread-safe. */
    @FunctionalInterface
    public interface Mapping {

        /**
         * Looks at one error; each of its causes is asked about as well.
         *
         * @param exchange the request
         * @param error the error, or a cause of it
         * @return the problem, with its status; null to pass the error on
         */
        @Nullable ProblemDetail problem(ServerWebExchange exchange, Throwable error);
    }

    /** Makes a handler that answers as the table says. */
    public BufferErrorHandler() {
        this(ORDER, BufferProblems::of);
    }

    private BufferErrorHandler(int order, Mapping mapping) {
        this.order = order;
        this.mapping = mapping;
    }

    /**
     * The same at another place among the handlers of errors.
     *
     * @param order lower stands before higher; -3 by default
     * @return a handler
     */
    public BufferErrorHandler withOrder(int order) {
        return new BufferErrorHandler(order, mapping);
    }

    /**
     * The same, but asking a program's own mapping first.
     *
     * @param first what it does not answer is answered as before
     * @return a handler
     */
    public BufferErrorHandler withMapping(Mapping first) {
        Objects.requireNonNull(first, "first");
        Mapping then = mapping;
        return new BufferErrorHandler(order, (exchange, error) -> {
            ProblemDetail problem = first.problem(exchange, error);
            return problem == null ? then.problem(exchange, error) : problem;
        });
    }

    @Override
    public int getOrder() {
        return order;
    }

    @Override
    public Mono<Void> handle(ServerWebExchange exchange, Throwable error) {
        Throwable cause = error;
        for (int i = 0; cause != null && i < MAX_CAUSES; i++) {
            ProblemDetail problem = mapping.problem(exchange, cause);
            if (problem != null) {
                return exchange.getResponse().isCommitted() ? Mono.error(error) : answer(exchange, problem);
            }
            cause = cause.getCause();
        }
        return Mono.error(error);
    }

    private static Mono<Void> answer(ServerWebExchange exchange, ProblemDetail problem) {
        byte[] json = json(problem).getBytes(StandardCharsets.UTF_8);
        ServerHttpResponse response = exchange.getResponse();
        response.setRawStatusCode(problem.getStatus());
        HttpHeaders headers = response.getHeaders();
        headers.setContentType(MediaType.APPLICATION_PROBLEM_JSON);
        headers.setContentLength(json.length);
        Mono<DataBuffer> body = Mono.fromSupplier(() -> response.bufferFactory().wrap(json));
        int status = problem.getStatus();
        if (status == HttpStatus.SERVICE_UNAVAILABLE.value()) {
            headers.set(HttpHeaders.RETRY_AFTER, Long.toString(BufferProblems.retryAfterSeconds(exchange)));
        }
        if (status != HttpStatus.CONTENT_TOO_LARGE.value() && status != HttpStatus.BAD_REQUEST.value()) {
            return response.writeWith(body);
        }
        headers.set(HttpHeaders.CONNECTION, "close");
        BodyLimit rest = BodyLimit.of(exchange);
        Mono<Void> drained = rest == null ? Mono.empty() : rest.drain();
        return response.writeAndFlushWith(Flux.concat(Mono.just(body), drained.then(Mono.empty())));
    }

    private static String json(ProblemDetail problem) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("title", String.valueOf(problem.getTitle()));
        members.put("status", problem.getStatus());
        members.put("detail", String.valueOf(problem.getDetail()));
        if (problem.getProperties() != null) {
            members.putAll(problem.getProperties());
        }
        StringBuilder json = new StringBuilder();
        members.forEach((name, value) -> json.append(json.isEmpty() ? '{' : ',')
                .append(quoted(name))
                .append(':')
                .append(value instanceof Number ? value.toString() : quoted(value.toString())));
        return json.append('}').toString();
    }

    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < ' ') {
                quoted.append(message("\\u%04x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }
}
