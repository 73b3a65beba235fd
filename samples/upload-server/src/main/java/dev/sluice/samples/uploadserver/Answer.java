package dev.sluice.samples.uploadserver;

import dev.sluice.BufferPool;
import dev.sluice.netty.NettyBuffers;
import dev.sluice.samples.console.Address;
import dev.sluice.samples.console.ByteSize;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.concurrent.TimeoutException;
import reactor.core.publisher.Mono;
import reactor.netty.channel.AbortedException;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** One request and what is answered, with a line for the log. */
final class Answer {

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .build();

    private static final int NOTHING = 0;
    private static final Duration LINGER = Duration.ofSeconds(1);

    private final HttpServerRequest request;
    private final HttpServerResponse response;
    private final long startNanos = System.nanoTime();
    private volatile int status = NOTHING;
    private volatile String detail = "";

    /** Whether somebody has asked for the body; otherwise it may still be on its way. */
    private boolean bodyWanted;

    Answer(HttpServerRequest request, HttpServerResponse response) {
        this.request = request;
        this.response = response;
    }

    HttpMethod method() {
        return request.method();
    }

    /** Without escapes. */
    String path() {
        try {
            return new QueryStringDecoder(request.uri(), StandardCharsets.UTF_8).path();
        } catch (IllegalArgumentException e) {
            throw new Refusal(400, "the path is malformed: %s", e.getMessage());
        }
    }

    String client() {
        return Address.format(request.remoteAddress());
    }

    /** As the client calls it. */
    String host() {
        return asked(HttpHeaderNames.HOST);
    }

    /** The value of a header, or nothing. */
    String asked(CharSequence header) {
        String value = request.requestHeaders().get(header);
        return value == null ? "" : value;
    }

    OptionalLong contentLength() {
        String value = asked(HttpHeaderNames.CONTENT_LENGTH);
        return value.isEmpty() ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(value));
    }

    /** For {@code NettyBuffers.receive}. */
    HttpServerRequest body() {
        bodyWanted = true;
        return request;
    }

    void allow(HttpMethod... methods) {
        List<HttpMethod> allowed = Arrays.asList(methods);
        if (!allowed.contains(request.method())) {
            String names =
                    String.join(", ", allowed.stream().map(HttpMethod::name).toList());
            header(HttpHeaderNames.ALLOW, names);
            throw new Refusal(405, "%s is not among %s", request.method(), names);
        }
    }

    void header(CharSequence name, String value) {
        response.header(name, value);
    }

    static String date(Instant instant) {
        return DateTimeFormatter.RFC_1123_DATE_TIME.format(instant.atOffset(ZoneOffset.UTC));
    }

    Mono<Void> empty(int code) {
        begin(code);
        return response.send();
    }

    Mono<Void> text(int code, String text) {
        return bytes(code, "text/plain; charset=utf-8", text.getBytes(StandardCharsets.UTF_8));
    }

    Mono<Void> json(int code, Object value) {
        return bytes(
                code, "application/json", (JSON.writeValueAsString(value) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private Mono<Void> bytes(int code, String type, byte[] content) {
        begin(code);
        header(HttpHeaderNames.CONTENT_TYPE, type);
        header(HttpHeaderNames.CONTENT_LENGTH, Integer.toString(content.length));
        return isHead()
                ? response.send()
                : response.sendByteArray(Mono.just(content)).then();
    }

    Mono<Void> file(int code, Path path, ByteRange part, BufferPool pool) {
        begin(code);
        detail = ByteSize.format(part.length());
        header(HttpHeaderNames.CONTENT_TYPE, "application/octet-stream");
        header("X-Content-Type-Options", "nosniff");
        header(HttpHeaderNames.CONTENT_LENGTH, Long.toString(part.length()));
        return isHead() || part.length() == 0
                ? response.send()
                : NettyBuffers.sendFile(response, path, part.offset(), part.length(), pool)
                        .then();
    }

    private boolean isHead() {
        return request.method().equals(HttpMethod.HEAD);
    }

    /** Says what went wrong, if the client is still there and nothing has been said yet. */
    Mono<Void> error(Throwable error) {
        if (error instanceof Refusal refusal) {
            return refuse(refusal.status(), refusal.getMessage());
        } else if (error instanceof FileAlreadyExistsException) {
            return refuse(409, "the file exists already");
        } else if (error instanceof TimeoutException) {
            return refuse(408, "nothing came for too long");
        } else if (AbortedException.isConnectionReset(error)) {
            detail = "the client is gone";
            return Mono.error(error);
        } else if (error instanceof IOException
                && String.valueOf(error.getMessage()).contains("No space left")) {
            return refuse(507, "the disk is full");
        }
        Mono<Void> refused = refuse(500, "the server could not do it"); // the error may name paths of the server
        detail = error.toString();
        return refused;
    }

    /**
     * What a client is told that was refused something.
     *
     * @param status the status
     * @param error the reason
     */
    private record Refused(int status, String error) {}

    private Mono<Void> refuse(int code, String why) {
        detail = why;
        if (response.hasSentHeaders()) {
            return Mono.error(new IOException(why)); // too late to say so: the connection is closed
        }
        if (code == 503) {
            header(HttpHeaderNames.RETRY_AFTER, "1");
        }
        if (hasBody()) {
            header(HttpHeaderNames.CONNECTION, "close"); // nobody reads the rest of it
        }
        return json(code, new Refused(code, why)).then(Mono.defer(this::linger));
    }

    /** Closing a connection on which bytes still come resets it, and the client might not read the answer. */
    private Mono<Void> linger() {
        boolean isComing =
                hasBody() && !bodyWanted && asked(HttpHeaderNames.EXPECT).isEmpty();
        return isComing ? request.receive().take(LINGER).then().onErrorComplete() : Mono.empty();
    }

    private boolean hasBody() {
        return bodyWanted
                || contentLength().orElse(0) > 0
                || !asked(HttpHeaderNames.TRANSFER_ENCODING).isEmpty();
    }

    private void begin(int code) {
        status = code;
        response.status(code);
    }

    /** Who asked what, what was answered, and how long it took. */
    String line() {
        return String.format(
                        Locale.ROOT,
                        "%-21s %3s %,7d ms  %-6s %s  %s",
                        client(),
                        status == NOTHING ? "-" : Integer.toString(status),
                        (System.nanoTime() - startNanos) / 1_000_000,
                        request.method(),
                        printable(request.uri()),
                        detail)
                .stripTrailing();
    }

    /** A path may hold anything, commands for the terminal included. */
    static String printable(String text) {
        return text.replaceAll("[\\p{Cntrl}\\p{Cf}]", "?");
    }
}
