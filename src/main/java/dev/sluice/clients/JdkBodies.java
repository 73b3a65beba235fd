package dev.sluice.clients;

import dev.sluice.BufferPool;
import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.Handover;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Flow;
import reactor.adapter.JdkFlowAdapter;
import reactor.core.publisher.Flux;

/** Bodies of requests and responses of {@link java.net.http.HttpClient}, over HTTP/1.1 and HTTP/2. */
public final class JdkBodies {

    private JdkBodies() {}

    /**
     * Sends a request's body whose length is not known: chunked over HTTP/1.1.
     *
     * <p>Each try of a request subscribes anew. The client asks for one buffer at a time; it keeps what it gets after
     * its {@code onNext} has returned, and does not say until when. So each buffer is {@linkplain Handover#ON_HEAP
     * copied to the heap} and released at once.
     *
     * <p><b>Cancelling</b> a request over HTTP/1.1 cancels the subscription. Over HTTP/2, a client of Java 17 to 25
     * that waits for the peer meanwhile forgets the subscription: no buffer is held, but a file stays open. Where that
     * matters, end the body by a signal of your own: {@code BufferFlux.from(body.takeUntilOther(stop))}.
     *
     * @param body the body
     * @return a publisher for {@link HttpRequest.Builder#POST} and its kin
     */
    public static HttpRequest.BodyPublisher publisher(BufferFlux body) {
        return new Body(body, -1);
    }

    /**
     * Sends a request's body of a known length, with a {@code Content-Length}, as {@link #publisher(BufferFlux)} says.
     *
     * @param body the body; if it is shorter or longer than that, the request fails with an {@link java.io.IOException}
     * @param contentLength how many bytes there are, at least 0; with 0, nothing is subscribed to
     * @return a publisher for {@link HttpRequest.Builder#POST} and its kin
     * @throws IllegalArgumentException if the length is negative
     */
    public static HttpRequest.BodyPublisher publisher(BufferFlux body, long contentLength) {
        if (contentLength < 0) {
            throw new IllegalArgumentException(
                    String.format(Locale.ROOT, "the length must be at least 0, not %,d", contentLength));
        }
        return new Body(body, contentLength);
    }

    /**
     * Receives a response's body in buffers of a pool. The response is there as soon as its head is.
     *
     * <p><b>Subscribe to the body, once</b>: until then, the client reads no further and keeps the connection. To do
     * without it, {@linkplain BufferFlux#drain() drain} or cancel it; cancelling closes the connection of HTTP/1.1, and
     * resets the stream of HTTP/2.
     *
     * <p><b>Memory.</b> The client reads into memory of its own, up to 16 KiB at a time, which is copied into a buffer
     * when one is requested. So the subscription has at most as many buffers out as were requested, and the peer is
     * slowed down when none is. If the pool has none, the body waits its turn without a thread, or as {@link
     * BufferFlux#waiting} says.
     *
     * @param pool where the buffers come from
     * @return a handler for {@link java.net.http.HttpClient#send} and {@code sendAsync}
     */
    public static HttpResponse.BodyHandler<BufferFlux> handler(BufferPool pool) {
        Objects.requireNonNull(pool, "pool");
        return head -> HttpResponse.BodySubscribers.mapping(
                HttpResponse.BodySubscribers.ofPublisher(), body -> received(body, pool));
    }

    /** One list of the client's at a time: none is fetched ahead. */
    private static BufferFlux received(Flow.Publisher<List<ByteBuffer>> body, BufferPool pool) {
        Flux<ByteBuffer> bytes = JdkFlowAdapter.flowPublisherToFlux(body).concatMap(Flux::fromIterable, 0);
        return BufferFlux.fromByteBuffers(bytes, pool, pool.chunkSize());
    }

    private static final class Body implements HttpRequest.BodyPublisher {

        private final Flow.Publisher<ByteBuffer> bytes;
        private final long contentLength;

        Body(BufferFlux body, long contentLength) {
            // The client subscribes to a body of no bytes over HTTP/2, and asks it for one buffer.
            this.bytes = JdkFlowAdapter.publisherToFlowPublisher(
                    contentLength == 0 ? Flux.empty() : body.toByteBuffers(Handover.ON_HEAP));
            this.contentLength = contentLength;
        }

        @Override
        public long contentLength() {
            return contentLength;
        }

        @Override
        public void subscribe(Flow.Subscriber<? super ByteBuffer> subscriber) {
            bytes.subscribe(subscriber);
        }
    }
}
