package dev.sluice.spring;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * One upload over one connection, by blocking calls.
 *
 * @param port where the server listens
 * @param name the name of the upload
 * @param content what to send
 * @param bytesPerSecond how fast to send; 0 for as fast as the server takes it
 */
record LoadClient(int port, String name, LoadContent content, long bytesPerSecond) implements Callable<String> {

    private static final int FAST_PIECE_BYTES = 256 << 10;
    private static final int SLOW_PIECE_BYTES = 4 << 10;

    /** Sends all of it and returns what the server says of it: its SHA-256. */
    @Override
    public String call() throws IOException {
        try (SocketChannel channel =
                SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))) {
            writeAll(
                    channel,
                    US_ASCII.encode(("PUT /uploads/%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                                    + "Content-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n")
                            .formatted(name, content.length())));
            send(channel);
            return bodyOf(new String(Channels.newInputStream(channel).readAllBytes(), US_ASCII));
        }
    }

    private void send(SocketChannel channel) throws IOException {
        int piece = bytesPerSecond == 0 ? FAST_PIECE_BYTES : SLOW_PIECE_BYTES;
        long start = System.nanoTime();
        for (long sent = 0; sent < content.length(); ) {
            ByteBuffer bytes = content.at(sent, piece);
            sent += bytes.remaining();
            writeAll(channel, bytes);
            if (bytesPerSecond > 0) {
                parkUntil(start + TimeUnit.SECONDS.toNanos(1) * sent / bytesPerSecond);
            }
        }
    }

    private static void parkUntil(long deadlineNanos) {
        for (long left = deadlineNanos - System.nanoTime(); left > 0; left = deadlineNanos - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    private static void writeAll(SocketChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    private static String bodyOf(String answer) throws IOException {
        if (!answer.startsWith("HTTP/1.1 200 ")) {
            throw new IOException("the server answered: " + answer);
        }
        return answer.substring(answer.indexOf("\r\n\r\n") + 4);
    }
}
