package dev.sluice.netty;

import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.ByteSources;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * One connection of {@link SocketChaos}, or one exchange of the HTTP client.
 *
 * @param chaos what is connected to
 * @param random decides everything
 */
record SocketChaosCase(SocketChaos chaos, Random random) {

    /** What is done. */
    enum Kind {
        ECHO,
        UPLOAD,
        DOWNLOAD,
        CLIENT_UPLOAD,
        CLIENT_DOWNLOAD
    }

    private static final Kind[] KINDS = Kind.values();
    private static final SSLContext TRUSTING = trusting();
    private static final int CHUNK_BYTES = 8 << 10;

    /** Fails only if something does not end. */
    Kind run() throws Exception {
        Kind kind = KINDS[random.nextInt(KINDS.length)];
        boolean isTls = random.nextBoolean();
        try {
            switch (kind) {
                case ECHO -> echo(isTls);
                case UPLOAD -> upload(isTls);
                case DOWNLOAD -> download(isTls);
                case CLIENT_UPLOAD -> clientUpload(isTls);
                case CLIENT_DOWNLOAD -> clientDownload(isTls);
            }
        } catch (SocketTimeoutException e) {
            throw new AssertionError("%s, TLS %s, stands still: %s".formatted(kind, isTls, chaos.state()), e);
        } catch (IOException e) {
            return kind; // reset, closed, or a record of TLS that was cut in two
        }
        return kind;
    }

    private int upTo(int bound) {
        return random.nextInt(bound + 1);
    }

    private byte[] content() {
        return Arrays.copyOf(chaos.content, upTo(chaos.content.length));
    }

    private Socket connect(boolean isHttp, boolean isTls) throws IOException {
        InetAddress here = InetAddress.getLoopbackAddress();
        int port = chaos.port(isHttp, isTls);
        Socket socket = isTls ? TRUSTING.getSocketFactory().createSocket(here, port) : new Socket(here, port);
        socket.setSoTimeout((int) SocketChaos.PATIENCE.toMillis());
        return socket;
    }

    /** Sends some in pieces, reads a part of what comes back, and goes. */
    private void echo(boolean isTls) throws IOException {
        try (Socket socket = connect(false, isTls)) {
            byte[] sent = Arrays.copyOf(chaos.content, upTo(CHUNK_BYTES));
            socket.getOutputStream().write(sent);
            readSome(socket.getInputStream(), upTo(sent.length));
            leave(socket, isTls);
        }
    }

    private void upload(boolean isTls) throws IOException {
        try (Socket socket = connect(true, isTls)) {
            byte[] content = content();
            send(
                    socket,
                    "PUT /%s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
                            .formatted(random.nextBoolean() ? "digest" : "file", content.length));
            int sent = random.nextBoolean() ? content.length : upTo(content.length);
            socket.getOutputStream().write(content, 0, sent);
            if (sent == content.length) {
                readSome(socket.getInputStream(), 10);
            }
            leave(socket, isTls);
        }
    }

    private void download(boolean isTls) throws IOException {
        try (Socket socket = connect(true, isTls)) {
            int bytes = upTo(chaos.content.length);
            send(
                    socket,
                    "GET /%s/%d HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".formatted(what(), bytes));
            readSome(socket.getInputStream(), upTo(bytes));
            leave(socket, isTls);
        }
    }

    private String what() {
        return switch (random.nextInt(3)) {
            case 0 -> "file";
            case 1 -> "stall";
            default -> "buffers";
        };
    }

    private static void send(Socket socket, String head) throws IOException {
        socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
    }

    private static void readSome(InputStream in, int bytes) throws IOException {
        if (in.readNBytes(bytes).length < bytes) {
            throw new EOFException("the server has gone first");
        }
    }

    /** By a reset, by closing one direction and waiting for nothing, or by an orderly close. */
    private void leave(Socket socket, boolean isTls) throws IOException {
        switch (random.nextInt(3)) {
            case 0 -> socket.setSoLinger(true, 0);
            case 1 -> {
                if (!isTls) {
                    socket.shutdownOutput();
                    socket.getInputStream().skip(upTo(CHUNK_BYTES));
                }
            }
            default -> {}
        }
    }

    private void clientUpload(boolean isTls) {
        byte[] content = content();
        BufferFlux whole = BufferFlux.read(ByteSources.bytes(content).chunkSize(CHUNK_BYTES), chaos.clientPool);
        BufferFlux body = switch (random.nextInt(4)) {
            case 0 ->
                BufferFlux.from(whole.takeBytes(upTo(content.length))
                        .concatWith(Mono.error(new IllegalStateException("the client gives up"))));
            case 1 -> BufferFlux.from(whole.takeBytes(upTo(content.length)).concatWith(Flux.never()));
            default -> whole;
        };
        settle(chaos.client(isTls)
                .put()
                .uri(random.nextBoolean() ? "/digest" : "/file")
                .send((request, outbound) -> NettyBuffers.send(outbound, body))
                .response()
                .timeout(Duration.ofMillis(1 + random.nextInt(200))));
    }

    private void clientDownload(boolean isTls) {
        int bytes = upTo(chaos.content.length);
        int taken = upTo(bytes);
        int way = random.nextInt(4);
        int millis = 1 + random.nextInt(200);
        settle(chaos.client(isTls)
                .get()
                .uri("/%s/%d".formatted(what(), bytes))
                .response((response, body) -> {
                    BufferFlux received = NettyBuffers.receive(body, chaos.clientPool);
                    BufferFlux ended = switch (way) {
                        case 0 -> received.takeBytes(taken);
                        case 1 -> received.orTimeout(Duration.ofMillis(millis));
                        case 2 -> BufferFlux.from(received.limitRate(1).delayElements(Duration.ofMillis(1)));
                        default -> received;
                    };
                    return ended.consume(buffer -> buffer.length());
                })
                .timeout(Duration.ofMillis(millis)));
    }

    /** Waits for the end, whichever it is. */
    private static void settle(Publisher<?> exchange) {
        Flux.from(exchange).then().onErrorComplete().block(SocketChaos.PATIENCE);
    }

    private static SSLContext trusting() {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {new Anybody()}, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    /** Trusts anybody. */
    private static final class Anybody implements X509TrustManager {

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
