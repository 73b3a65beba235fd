package dev.sluice.netty;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.NettyInbound;
import reactor.netty.NettyOutbound;
import reactor.netty.http.websocket.WebsocketInbound;
import reactor.netty.transport.ClientTransport;
import reactor.netty.transport.ServerTransport;

/**
 * What lets reactor-netty live on a {@link BufferPool}: {@code equip} makes all that its connections read, decrypt and
 * encode leases of the pool.
 *
 * <p>It sets two options of the connections, and a later {@code option} or {@code childOption} overrides it: {@code
 * ALLOCATOR}, so that each direct {@code ByteBuf} that reactor-netty, Spring or a handler takes is a lease, and {@code
 * RECVBUF_ALLOCATOR}, which decides how much a connection reads at once:
 *
 * <ul>
 *   <li>at most 256 KiB, and at most 1/32 of the pool's budget, but at least 1 KiB; a connection that sends little gets
 *       little;
 *   <li>8 KiB once 256 KiB are read and unreleased, so that a connection nobody listens to does not fill the pool;
 *   <li>2 KiB at most while the pool has nothing and the {@linkplain BufferPoolAllocator overflow} is used.
 * </ul>
 *
 * <p>HTTP/1.1 bodies pass in frames as large as what was read, not in those of 8 KiB that are reactor-netty's default,
 * unless a {@code maxChunkSize} was set before, or the decoder is set later.
 *
 * <p>Thread-safe.
 */
public final class NettyBuffers {

    private NettyBuffers() {}

    /**
     * Makes an allocator over a pool, with an overflow of its own: an eighth of the pool's budget, but at least 16 MiB
     * and at most 256 MiB. 16 MiB are what a thousand connections need to decrypt one TLS record each while the pool
     * has nothing.
     *
     * @param pool where the memory comes from
     * @return the allocator
     */
    public static BufferPoolAllocator allocator(BufferPool pool) {
        return AllocatorOverPool.over(pool);
    }

    /**
     * Makes an allocator over a pool and another for the overflow, whose budget bounds it. Several allocators may have
     * the same overflow.
     *
     * @param pool where the memory comes from
     * @param overflow where it comes from while the first has nothing free; direct if the first is
     * @return the allocator
     * @throws IllegalArgumentException if both are the same, or one is direct and the other is not
     */
    public static BufferPoolAllocator allocator(BufferPool pool, BufferPool overflow) {
        return AllocatorOverPool.over(pool, overflow);
    }

    /**
     * Makes all connections of a server live on a pool: {@code equip(server, allocator(pool))}.
     *
     * @param server what makes the connections: an {@code HttpServer} or a {@code TcpServer}
     * @param pool where their memory comes from
     * @param <T> the kind of server
     * @return the server with the allocator and the receive buffer allocator set
     */
    public static <T extends ServerTransport<T, ?>> T equip(T server, BufferPool pool) {
        return equip(server, allocator(pool));
    }

    /**
     * Makes all connections of a server, HTTP/2 streams included, live on an allocator's pool. Servers and clients that
     * share the allocator share its overflow.
     *
     * <p>A request to an {@code HttpServer} whose body breaks, because a chunk has no size or a trailer is none, is
     * answered 400, and the body ends with a {@link io.netty.handler.codec.CorruptedFrameException}. reactor-netty
     * alone completes it, as if a piece were the whole.
     *
     * @param server what makes the connections: an {@code HttpServer} or a {@code TcpServer}
     * @param allocator where their memory comes from
     * @param <T> the kind of server
     * @return the server with the allocator and the receive buffer allocator set
     */
    public static <T extends ServerTransport<T, ?>> T equip(T server, BufferPoolAllocator allocator) {
        T equipped = Objects.requireNonNull(server, "server")
                .childOption(ChannelOption.ALLOCATOR, allocator)
                .childOption(AllocatorOfReads.OPTION, AllocatorOfReads.of(allocator));
        return EquipHttp.server(equipped, allocator);
    }

    /**
     * Makes all connections of a client live on a pool: {@code equip(client, allocator(pool))}.
     *
     * @param client what makes the connections: an {@code HttpClient} or a {@code TcpClient}
     * @param pool where their memory comes from
     * @param <T> the kind of client
     * @return the client with the allocator and the receive buffer allocator set
     */
    public static <T extends ClientTransport<T, ?>> T equip(T client, BufferPool pool) {
        return equip(client, allocator(pool));
    }

    /**
     * Makes all connections of a client, HTTP/2 streams included, live on an allocator's pool. Servers and clients that
     * share the allocator share its overflow.
     *
     * @param client what makes the connections: an {@code HttpClient} or a {@code TcpClient}
     * @param allocator where their memory comes from
     * @param <T> the kind of client
     * @return the client with the allocator and the receive buffer allocator set
     */
    public static <T extends ClientTransport<T, ?>> T equip(T client, BufferPoolAllocator allocator) {
        T equipped = Objects.requireNonNull(client, "client")
                .option(ChannelOption.ALLOCATOR, allocator)
                .option(AllocatorOfReads.OPTION, AllocatorOfReads.of(allocator));
        return EquipHttp.client(equipped, allocator);
    }

    /**
     * Receives what comes in on a connection, or the body of a request or response, without copying if the connection
     * was equipped with the pool.
     *
     * @param inbound a connection, a request or a response
     * @param pool where the bytes are wanted
     * @return the bytes as they come, as {@link #receive(Publisher, BufferPool)} says; can be subscribed to once
     */
    public static BufferFlux receive(NettyInbound inbound, BufferPool pool) {
        return received(inbound.receive(), pool, channelOf(inbound).eventLoop());
    }

    /**
     * Receives frames that reactor-netty publishes, such as the body in {@code HttpClient.response((response, body) ->
     * ...)} or {@code HttpClient.responseContent()}, without copying if the connection was equipped with the pool.
     *
     * <p><b>Memory.</b> What was read into the pool passes as a lease on that memory. What was not, because the pool
     * had nothing when it came, or the connection was not equipped, is kept, waits its turn in the pool without a
     * thread, and is copied; meanwhile nothing more is asked for, and the peer is slowed down. So beside the pool's
     * limit, a subscription keeps one frame. A part of up to 1 KiB is copied out if it would pin more than four times
     * the capacity it needs.
     *
     * <p><b>Demand.</b> At most as many buffers are out as were requested, and nothing is held for a peer that is
     * silent. reactor-netty itself reads ahead of the demand.
     *
     * <p><b>Ends.</b> Whatever ends the frames ends this sequence, after what came before. Cancelling does what
     * reactor-netty does then: the rest is dropped, and a client's connection is closed.
     *
     * <p><b>Threads.</b> It emits on the event loop. After a wait for memory, it goes on there if it was made of a
     * {@code NettyInbound}, and on {@link Schedulers#parallel()} if of frames, which do not tell their event loop.
     *
     * <p><b>Ownership.</b> The publisher owns its frames: it releases each when {@code onNext} returns, as
     * reactor-netty does with what {@code receive()} emits. So do not {@code retain()} them; for frames that nobody
     * else releases, such as those of {@code receive().retain()} or {@code Unpooled.copiedBuffer}, there is {@link
     * #receiveOwned}.
     *
     * @param frames each is released by its publisher
     * @param pool where the bytes are wanted
     * @return the bytes as they come, with no empty buffer
     */
    public static BufferFlux receive(Publisher<? extends ByteBuf> frames, BufferPool pool) {
        return received(frames, pool, task -> Schedulers.parallel().schedule(task));
    }

    /**
     * Receives frames that are handed over: each is released here, and those that Reactor's operators above discard as
     * well. In all else this does as {@link #receive(Publisher, BufferPool)}.
     *
     * @param frames each belongs to this sequence as soon as it is emitted
     * @param pool where the bytes are wanted
     * @return the bytes as they come, with no empty buffer
     */
    public static BufferFlux receiveOwned(Publisher<? extends ByteBuf> frames, BufferPool pool) {
        Objects.requireNonNull(frames, "frames");
        return received(
                new ReceiveOwned(frames), pool, task -> Schedulers.parallel().schedule(task));
    }

    private static BufferFlux received(Publisher<? extends ByteBuf> frames, BufferPool pool, Executor afterWait) {
        return BufferFlux.fromFrames("NettyBuffers.receive", frames, ReceiveFrames.STREAM, pool, afterWait);
    }

    /**
     * Receives WebSocket messages, binary and text, each as one buffer.
     *
     * <p>A message that comes in several fragments is put together, outside the pool, and copied. If a message is
     * longer than {@code maxBytes}, in one frame or in several, compressed or not, the sequence ends with Netty's
     * {@code TooLongFrameException}. A frame may be as long as a message, whatever the {@code maxFramePayloadLength} of
     * the {@code WebsocketServerSpec} or {@code WebsocketClientSpec} is. A compressed message is inflated before its
     * length is known: until then, it takes memory of the pool and its overflow, which bound it.
     * In all else this does as {@link #receive(NettyInbound, BufferPool)}.
     *
     * @param inbound a WebSocket
     * @param maxBytes how long a message may be, in bytes
     * @param pool where the bytes are wanted
     * @return the messages; an empty one is an empty buffer. Can be subscribed to once
     */
    public static BufferFlux receiveMessages(WebsocketInbound inbound, int maxBytes, BufferPool pool) {
        Channel channel = channelOf(inbound);
        Flux<ByteBuf> messages = ReceiveMessages.of(inbound, channel, maxBytes);
        return BufferFlux.fromFrames(
                "NettyBuffers.receiveMessages", messages, ReceiveFrames.MESSAGES, pool, channel.eventLoop());
    }

    /**
     * Sends buffers on a connection, or as the body of a request or response, without copying. Each is released soon
     * after it has been written, or after it is certain that it will not be.
     *
     * <p><b>Memory.</b> reactor-netty would fetch 128 buffers and keep them until the peer takes them. This fetches as
     * many as have 256 KiB, judged by the last one, but at least 2 and at most 32; a part counts as at least a quarter
     * of what it pins. It fetches none while the channel is not writable.
     *
     * <p><b>Collected bodies.</b> The HTTP client collects the body of a {@code GET}, {@code HEAD} or {@code DELETE}
     * before it sends it. Such a body is fetched whole. If its pool cannot hold what the client keeps of it, it ends
     * with {@link dev.sluice.PoolExhaustedException}; if the connection closes, it ends with a {@code
     * ClosedChannelException}, and what was collected comes back.
     *
     * <p>A {@code Mono} becomes a body whose length is known. Of a {@code Flux}, empty buffers are dropped.
     *
     * @param outbound a connection, a request or a response
     * @param buffers what to send; what Reactor's operators above discard is released
     * @return to send more with, or to subscribe to
     */
    public static NettyOutbound send(NettyOutbound outbound, Publisher<? extends PooledBuffer> buffers) {
        boolean isOne = buffers instanceof Mono;
        SendFlux<ByteBuf> sent = new SendFlux<>(buffers, channelOf(outbound), (buffer, bytes) -> bytes, isOne);
        return outbound.send(isOne ? Mono.from(sent) : sent);
    }

    /**
     * Sends buffers as {@link #send(NettyOutbound, Publisher)} does, and says when what was written so far has to go
     * out. Otherwise, that happens when nothing more is there to be written at once, or when as much waits as the high
     * water mark of the channel says.
     *
     * @param outbound a connection, a request or a response, not a WebSocket
     * @param buffers what to send; a {@code Mono} is sent as a {@code Flux} of one
     * @param flushAfter tells of each buffer, before it is written, whether to flush after it; sees the buffer, and
     *     does not keep it
     * @return to send more with, or to subscribe to
     */
    public static NettyOutbound send(
            NettyOutbound outbound,
            Publisher<? extends PooledBuffer> buffers,
            Predicate<? super PooledBuffer> flushAfter) {
        if (SendCollected.isWhole(channelOf(outbound))) {
            return send(
                    outbound,
                    Flux.from(buffers)); // reactor-netty would send it without a head that says how long it is
        }
        SendFlushes flushes = new SendFlushes(flushAfter);
        return outbound.send(new SendFlux<ByteBuf>(buffers, channelOf(outbound), flushes::marked, false), flushes);
    }

    /**
     * Sends buffers on a WebSocket, each as one binary message, as {@link #send(NettyOutbound, Publisher)} sends them.
     *
     * @param outbound a WebSocket, or what was returned by its methods to send more with
     * @param buffers what to send; an empty one is an empty message
     * @return to send more with, or to subscribe to
     */
    public static NettyOutbound sendMessages(NettyOutbound outbound, Publisher<? extends PooledBuffer> buffers) {
        return outbound.sendObject(new SendFlux<WebSocketFrame>(
                buffers, channelOf(outbound), (buffer, bytes) -> new BinaryWebSocketFrame(bytes), true));
    }

    /**
     * Sends a file; {@code sendFile(outbound, path, 0, Long.MAX_VALUE, pool)}.
     *
     * @param outbound a connection, a request or a response
     * @param path the file
     * @param pool where the bytes pass through if they have to
     * @return to send more with, or to subscribe to
     */
    public static NettyOutbound sendFile(NettyOutbound outbound, Path path, BufferPool pool) {
        return sendFile(outbound, path, 0, Long.MAX_VALUE, pool);
    }

    /**
     * Sends a part of a file: from the file to the socket by the system, where that is possible; where it is not,
     * through buffers of the pool, of its {@link BufferPool#chunkSize()}, as {@link #send(NettyOutbound, Publisher)}
     * sends them. That is so under TLS, HTTP/2 and compression, for files of a foreign file system, and for files whose
     * size says little: those of {@code /proc} and {@code /sys}, FIFOs and devices. reactor-netty's own {@code
     * sendFile} reads 1 KiB at a time under TLS, and sends nothing or never ends for files of the kernel.
     *
     * <p>The file is opened on a thread that may block, before anything is sent, the head of an HTTP response included:
     * if it is missing, a directory, or must not be read, the result ends with an {@code IOException} of it, while the
     * answer can still say so. What the file does not have is not sent. Set {@code Content-Length} before, or the body
     * is chunked.
     *
     * @param outbound a connection, a request or a response
     * @param path the file
     * @param offset where to begin, in bytes, at least 0
     * @param length how many bytes to send at most, at least 0
     * @param pool where the bytes pass through if they have to
     * @return to send more with, or to subscribe to
     * @throws IllegalArgumentException if the offset or the length is negative
     */
    public static NettyOutbound sendFile(NettyOutbound outbound, Path path, long offset, long length, BufferPool pool) {
        Objects.requireNonNull(path, "path");
        Objects.requireNonNull(pool, "pool");
        if (offset < 0 || length < 0) {
            throw new IllegalArgumentException(
                    message("offset and length must be at least 0, not %,d and %,d", offset, length));
        }
        return new SendFile(path, offset, length, pool).on(outbound);
    }

    private static Channel channelOf(NettyInbound inbound) {
        AtomicReference<Channel> found = new AtomicReference<>();
        inbound.withConnection(connection -> found.set(connection.channel()));
        return Objects.requireNonNull(found.get(), "the inbound has no connection");
    }

    private static Channel channelOf(NettyOutbound outbound) {
        AtomicReference<Channel> found = new AtomicReference<>();
        outbound.withConnection(connection -> found.set(connection.channel()));
        return Objects.requireNonNull(found.get(), "the outbound has no connection");
    }

    /**
     * Shares the memory of a frame: makes a lease on its readable bytes, if a lease of the pool holds them. The frame
     * stays its owner's, and nothing is copied. That is so for
     * what connections that are equipped with the pool receive, and for what {@link #wrap} made, slices and duplicates
     * included. It pins the whole buffer that the frame is a part of.
     *
     * @param frame released by its owner as before. It is retained as long as the lease lives, because a decoder that
     *     finds itself alone with its buffer would reuse it
     * @param pool of which the lease has to be
     * @return a lease, which the caller releases; empty if the bytes are not the pool's, or there are none
     */
    public static Optional<PooledBuffer> share(ByteBuf frame, BufferPool pool) {
        return Optional.ofNullable(Leases.leaseOn(frame, pool));
    }

    /**
     * Makes a buffer of a lease's content: nothing is copied. It is read-only if the lease is, and cannot grow.
     *
     * @param lease taken over: the buffer releases it when its reference count reaches zero
     * @return a buffer of which the content is readable
     * @throws dev.sluice.BufferReleasedException if the lease is released
     */
    public static ByteBuf wrap(PooledBuffer lease) {
        return Leases.of(lease);
    }

    /** The text of a message, in the same digits wherever the JVM runs. */
    @SuppressWarnings("AnnotateFormatMethod") // the annotation would be a dependency
    static String message(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
