package dev.sluice.spring;

import dev.sluice.PoolExhaustedException;
import dev.sluice.flux.ByteLimitException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
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
 * Answers errors of memory and length with a problem detail (RFC 9457) that has the numbers in it; takes no memory of a pool.
 *
 * <table>
 * <caption>What is answered</caption>
 * <tr><th>error</th><th>status</th></tr>
 * <tr><td>{@link PoolExhaustedException}</td><td>503, with {@code Retry-After}</td></tr>
 * <tr><td>{@link BodyTooLargeException}, {@link ByteLimitException}</td><td>413, and the connection is closed when the rest of
 * the body is drained within its bounds</td></tr>
 * </table>
 *
 * <p>An error is looked for among the causes as well. All other errors are passed on, and so are those of a response that has
 * begun: that breaks off. It stands before Boot's handler and the one for {@code ResponseStatusException}. Thread-safe.
 */
public final class BufferErrorHandler implements WebExceptionHandler, Ordered {

    /** An exception that is its own cause at some remove is not looked at for ever. */
    private static final int MOST_CAUSES = 16;

    /** Makes a handler. */
    public BufferErrorHandler() {}

    @Override
    public int getOrder() {
        return -3;
    }

    @Override
    public Mono<Void> handle(ServerWebExchange exchange, Throwable error) {
        Throwable cause = error;
        for (int i = 0; cause != null && i < MOST_CAUSES; i++) {
            ProblemDetail problem = problem(exchange, cause);
            if (problem != null) {
                return exchange.getResponse().isCommitted() ? Mono.error(error) : answer(exchange, problem);
            }
            cause = cause.getCause();
        }
        return Mono.error(error);
    }

    private static @Nullable ProblemDetail problem(ServerWebExchange exchange, Throwable error) {
        if (error instanceof PoolExhaustedException exhausted) {
            ProblemDetail problem = detail(HttpStatus.SERVICE_UNAVAILABLE, exhausted);
            problem.setProperty("requestedBytes", exhausted.requestedBytes());
            problem.setProperty("bytesInUse", exhausted.bytesInUse());
            problem.setProperty("idleBytes", exhausted.idleBytes());
            problem.setProperty("limitBytes", exhausted.limitBytes());
            problem.setProperty("pending", exhausted.pending());
            problem.setProperty("retryAfterSeconds", retryAfterSeconds(exchange));
            return problem;
        } else if (error instanceof BodyTooLargeException tooLarge) {
            ProblemDetail problem = detail(HttpStatus.CONTENT_TOO_LARGE, tooLarge);
            problem.setDetail(tooLarge.getReason());
            problem.setProperty("limitBytes", tooLarge.limit());
            problem.setProperty("lengthBytes", tooLarge.length());
            return problem;
        } else if (error instanceof ByteLimitException limit) {
            ProblemDetail problem = detail(HttpStatus.CONTENT_TOO_LARGE, limit);
            problem.setProperty("limitBytes", limit.limit());
            problem.setProperty("offset", limit.offset());
            return problem;
        }
        return null;
    }

    private static ProblemDetail detail(HttpStatus status, Throwable error) {
        return ProblemDetail.forStatusAndDetail(status, error.getMessage());
    }

    private static long retryAfterSeconds(ServerWebExchange exchange) {
        return RequestBudget.of(exchange)
                .map(RequestBudget::limits)
                .orElse(BufferLimits.DEFAULTS)
                .retryAfterSeconds();
    }

    private static Mono<Void> answer(ServerWebExchange exchange, ProblemDetail problem) {
        byte[] json = json(problem).getBytes(StandardCharsets.UTF_8);
        ServerHttpResponse response = exchange.getResponse();
        response.setRawStatusCode(problem.getStatus());
        HttpHeaders headers = response.getHeaders();
        headers.setContentType(MediaType.APPLICATION_PROBLEM_JSON);
        headers.setContentLength(json.length);
        Mono<DataBuffer> body = Mono.fromSupplier(() -> response.bufferFactory().wrap(json));
        if (problem.getStatus() != HttpStatus.CONTENT_TOO_LARGE.value()) {
            headers.set(HttpHeaders.RETRY_AFTER, Long.toString(retryAfterSeconds(exchange)));
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
                quoted.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }
}
