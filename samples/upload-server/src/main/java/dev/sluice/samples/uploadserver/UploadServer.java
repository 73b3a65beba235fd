package dev.sluice.samples.uploadserver;

import dev.sluice.BufferPool;
import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.Progress;
import dev.sluice.flux.WriteOption;
import dev.sluice.netty.NettyBuffers;
import dev.sluice.samples.console.View;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.FileAlreadyExistsException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/** Stores what is uploaded, lists it, serves it back and deletes it, all through one pool. */
final class UploadServer implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration BETWEEN_REPORTS = Duration.ofMillis(200);
    private static final String FILES = "/files";

    private final Storage storage;
    private final BufferPool pool;
    private final Limits limits;
    private final Uploads uploads;
    private final View<State> view;
    private final DisposableServer server;
    private final ChannelGroup clients = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);

    /** Listens when it returns. */
    UploadServer(
            InetSocketAddress listen,
            Storage storage,
            BufferPool pool,
            Limits limits,
            Uploads uploads,
            View<State> view) {
        this.storage = storage;
        this.pool = pool;
        this.limits = limits;
        this.uploads = uploads;
        this.view = view;
        server = NettyBuffers.equip(HttpServer.create(), pool)
                .bindAddress(() -> new InetSocketAddress(listen.getHostString(), listen.getPort()))
                .idleTimeout(limits.stall())
                .doOnConnection(connection -> clients.add(connection.channel()))
                .handle(this::answer)
                .bindNow(PATIENCE);
    }

    InetSocketAddress address() {
        return (InetSocketAddress) server.address();
    }

    private Publisher<Void> answer(HttpServerRequest request, HttpServerResponse response) {
        Answer answer = new Answer(request, response);
        return Mono.defer(() -> dispatch(answer))
                .onErrorResume(answer::error)
                .doFinally(signal -> view.log(answer.line()));
    }

    private Mono<Void> dispatch(Answer answer) {
        String path = answer.path();
        if (path.equals("/")) {
            answer.allow(HttpMethod.GET);
            return answer.text(200, Usage.of(answer.host()));
        } else if (path.equals("/progress")) {
            answer.allow(HttpMethod.GET);
            return answer.json(200, State.of(uploads, pool));
        } else if (path.equals(FILES) || path.equals(FILES + "/")) {
            answer.allow(HttpMethod.GET);
            return blocking(storage::list).flatMap(files -> answer.json(200, files));
        } else if (path.startsWith(FILES + "/")) {
            answer.allow(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.PUT, HttpMethod.POST, HttpMethod.DELETE);
            return file(answer, FileName.checked(path.substring(FILES.length() + 1)));
        }
        throw new Refusal(404, "there is nothing at %s", path);
    }

    private Mono<Void> file(Answer answer, String name) {
        HttpMethod method = answer.method();
        if (method.equals(HttpMethod.PUT) || method.equals(HttpMethod.POST)) {
            return upload(answer, name);
        } else if (method.equals(HttpMethod.DELETE)) {
            return blocking(() -> {
                        storage.delete(name);
                        return name;
                    })
                    .then(answer.empty(204));
        }
        return blocking(() -> storage.find(name)).flatMap(file -> download(answer, file));
    }

    private Mono<Void> upload(Answer answer, String name) {
        OptionalLong total = answer.contentLength();
        if (total.orElse(0) > limits.maxUploadBytes()) {
            throw tooLarge();
        }
        Upload upload = new Upload(name, answer.client(), total);
        return blocking(() -> prepared(answer.method(), name, total))
                .flatMap(isNew -> store(answer, upload)
                        .flatMap(bytes -> answer.json(isNew ? 201 : 200, new Result(name, bytes, upload.sha256()))));
    }

    /**
     * What the client is told of its upload.
     *
     * @param name how to ask for it
     * @param bytes how many came
     * @param sha256 of these, in hexadecimal
     */
    private record Result(String name, long bytes, String sha256) {}

    /** Whether the file is new. What can be refused before the client sends it, is. */
    private boolean prepared(HttpMethod method, String name, OptionalLong total) throws IOException {
        boolean isNew = !storage.has(name);
        if (!isNew && method.equals(HttpMethod.POST)) {
            throw new FileAlreadyExistsException(name);
        }
        long room = storage.room();
        if (room < total.orElse(1)) {
            throw new Refusal(507, "there is room for %,d bytes, not for %,d", room, total.orElse(1));
        }
        return isNew;
    }

    /** All or nothing: until everything has come, the bytes are in a temporary file, and whatever ends this deletes it. */
    private Mono<Long> store(Answer answer, Upload upload) {
        WriteOption[] options = answer.method().equals(HttpMethod.POST)
                ? new WriteOption[] {WriteOption.CREATE_NEW}
                : new WriteOption[0];
        return Mono.defer(() -> {
            uploads.begin(upload);
            return limited(NettyBuffers.receive(answer.body(), pool).orTimeout(limits.stall()))
                    .progress(Progress.every(BETWEEN_REPORTS), upload::report)
                    .digest("SHA-256", upload::digested)
                    .writeTo(storage.path(upload.name()), options)
                    .doOnSuccess(bytes -> uploads.stored(upload, bytes))
                    .doFinally(signal -> uploads.failed(upload));
        });
    }

    /** Fails with the first byte that is too much. */
    private BufferFlux limited(BufferFlux body) {
        AtomicLong seen = new AtomicLong();
        return BufferFlux.from(body.takeBytes(limits.maxUploadBytes() + 1)
                .doOnNext(buffer -> seen.addAndGet(buffer.length()))
                .concatWith(Mono.defer(
                        () -> seen.get() > limits.maxUploadBytes() ? Mono.error(tooLarge()) : Mono.empty())));
    }

    private Refusal tooLarge() {
        return new Refusal(413, "a file may have %,d bytes", limits.maxUploadBytes());
    }

    private Mono<Void> download(Answer answer, Storage.Stored file) {
        answer.header(HttpHeaderNames.ACCEPT_RANGES, "bytes");
        answer.header(HttpHeaderNames.ETAG, file.tag());
        answer.header(HttpHeaderNames.LAST_MODIFIED, Answer.date(file.modified()));
        if (file.tag().equals(answer.asked(HttpHeaderNames.IF_NONE_MATCH))) {
            return answer.empty(304);
        }
        Optional<ByteRange> range = range(answer, file);
        range.ifPresent(part -> answer.header(HttpHeaderNames.CONTENT_RANGE, part.format(file.bytes())));
        ByteRange sent = range.orElse(new ByteRange(0, file.bytes()));
        return answer.file(range.isPresent() ? 206 : 200, storage.path(file.name()), sent, pool);
    }

    private static Optional<ByteRange> range(Answer answer, Storage.Stored file) {
        String asked = answer.asked(HttpHeaderNames.RANGE);
        String known = answer.asked(HttpHeaderNames.IF_RANGE);
        if (asked.isEmpty() || (!known.isEmpty() && !known.equals(file.tag()))) {
            return Optional.empty();
        }
        try {
            return ByteRange.of(asked, file.bytes());
        } catch (Refusal unsatisfiable) {
            answer.header(HttpHeaderNames.CONTENT_RANGE, "bytes */" + file.bytes());
            throw unsatisfiable;
        }
    }

    private static <T> Mono<T> blocking(Callable<T> work) {
        return Mono.fromCallable(work).subscribeOn(Schedulers.boundedElastic());
    }

    /** Closes all connections. */
    @Override
    public void close() {
        server.disposeNow(PATIENCE);
        clients.close().awaitUninterruptibly(PATIENCE.toMillis());
    }
}
