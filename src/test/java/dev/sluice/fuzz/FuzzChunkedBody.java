package dev.sluice.fuzz;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import dev.sluice.netty.NettyBuffers;
import io.netty.handler.codec.DecoderException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import org.reactivestreams.Publisher;
import reactor.netty.DisposableServer;
import reactor.netty.channel.AbortedException;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/** A chunked body, from a socket through a real server, and whatever follows it on the connection. */
public final class FuzzChunkedBody implements FuzzTarget {

    private static final byte[] HEAD =
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final int PATIENCE_MILLIS = 10_000;
    private static final Duration LIMIT = Duration.ofSeconds(5);

    private final BufferPool pool =
            BufferPool.builder().name("fuzz").maxBytes(8 << 20).build();
    private final DisposableServer server = NettyBuffers.equip(
                    HttpServer.create().host("localhost").port(0), pool)
            .handle(this::answer)
            .bindNow(LIMIT);

    private volatile Throwable untyped;

    private Publisher<Void> answer(HttpServerRequest request, HttpServerResponse response) {
        return NettyBuffers.receive(request, pool)
                .consume(PooledBuffer::length)
                .doOnError(this::judge)
                .then(response.send());
    }

    private void judge(Throwable error) {
        if (!(error instanceof IOException || error instanceof DecoderException || error instanceof AbortedException)) {
            untyped = error;
        }
    }

    @Override
    public void accept(byte[] input) {
        try (Socket socket = new Socket(InetAddress.getByName("localhost"), server.port())) {
            socket.setSoTimeout(PATIENCE_MILLIS);
            OutputStream out = socket.getOutputStream();
            out.write(HEAD);
            out.write(input);
            out.flush();
            socket.shutdownOutput();
            socket.getInputStream().transferTo(OutputStream.nullOutputStream());
        } catch (SocketException e) {
            // closed while it was still written to, or reset: an answer, too
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (pool.stats().buffersInUse() > 0 || pool.stats().pending() > 0) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError(String.format(Locale.ROOT, "left: %s", pool.stats()));
            }
            LockSupport.parkNanos(50_000);
        }
        if (untyped != null) {
            throw new AssertionError("an error without a type of its own", untyped);
        }
    }

    @Override
    public List<byte[]> seeds() {
        return FuzzStream.ascii(
                "3\r\nabc\r\n0\r\n\r\n",
                "3\r\nabc\r\nZZ\r\n",
                "3\r\nabc\r\n-1\r\n",
                "3\r\nabc\r\nffffffffff\r\n",
                "3\r\nabcXX3\r\nabc\r\n0\r\n\r\n",
                "3;a=b\r\nabc\r\n0\r\nX: y\r\n\r\n",
                "0\r\na b\0: c\r\n\r\n",
                "3\r\nab",
                "0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
    }

    @Override
    public List<byte[]> words() {
        return FuzzStream.ascii("\r\n", "0\r\n\r\n", "3\r\nabc\r\n", ";", "ffffffff", "Content-Length: 1\r\n", "\0");
    }

    @Override
    public void close() {
        server.disposeNow(LIMIT);
        pool.close();
    }
}
