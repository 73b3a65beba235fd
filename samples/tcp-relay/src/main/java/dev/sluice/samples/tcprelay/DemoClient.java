package dev.sluice.samples.tcprelay;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * One client of the demonstration, on a plain socket. It checks every byte that comes back.
 *
 * @param relay where the relay listens
 * @param tally is told of what came back
 * @param isOver says when to stop sending
 * @param threads for what goes on beside receiving
 */
record DemoClient(InetSocketAddress relay, DemoTally tally, BooleanSupplier isOver, ExecutorService threads) {

    private static final int CHUNK_BYTES = 32 << 10;
    private static final int SLOW_BYTES_PER_SECOND = 64 << 10;
    private static final int WORD_BYTES = 100;
    private static final long BETWEEN_WORDS_NANOS = 20_000_000;

    /** How a client behaves. */
    enum Kind {
        FAST("send and read as fast as they can"),
        SLOW("send as fast as they can, read 64 KiB/s"),
        CHATTY("send 100 bytes and wait for them"),
        BRIEF("connect, send 32 KiB, read them, leave");

        private final String does;

        Kind(String does) {
            this.does = does;
        }

        String does() {
            return does;
        }
    }

    void run(Kind kind) {
        try {
            switch (kind) {
                case FAST -> stream(Long.MAX_VALUE);
                case SLOW -> stream(SLOW_BYTES_PER_SECOND);
                case CHATTY -> chat();
                case BRIEF -> comeAndGo();
            }
        } catch (IOException | CompletionException e) {
            tally.failed(e.getMessage());
        }
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(relay.getAddress(), relay.getPort());
        socket.setTcpNoDelay(true);
        return socket;
    }

    /** Ends by closing one direction and reading the other to its end. */
    private void stream(long bytesPerSecond) throws IOException {
        try (Socket socket = connect()) {
            CompletableFuture<Long> sending = CompletableFuture.supplyAsync(() -> send(socket), threads);
            long received = receive(socket.getInputStream(), bytesPerSecond);
            long sent = sending.join();
            if (received != sent) {
                throw new IOException("%,d bytes were sent and %,d came back".formatted(sent, received));
            }
        }
    }

    private long send(Socket socket) {
        try {
            OutputStream out = socket.getOutputStream();
            byte[] chunk = new byte[CHUNK_BYTES];
            long sent = 0;
            while (!isOver.getAsBoolean()) {
                DemoBytes.fill(chunk, sent);
                out.write(chunk);
                sent += chunk.length;
            }
            socket.shutdownOutput();
            return sent;
        } catch (IOException e) {
            throw new CompletionException(e);
        }
    }

    private long receive(InputStream in, long bytesPerSecond) throws IOException {
        byte[] chunk = new byte[CHUNK_BYTES];
        long start = System.nanoTime();
        long received = 0;
        for (int length = in.read(chunk); length >= 0; length = in.read(chunk)) {
            DemoBytes.check(chunk, length, received);
            received += length;
            if (!isOver.getAsBoolean()) {
                tally.came(length);
            }
            long dueNanos = start + (long) (1e9 * received / bytesPerSecond);
            while (System.nanoTime() < dueNanos && !isOver.getAsBoolean()) {
                LockSupport.parkNanos(Math.min(50_000_000, dueNanos - System.nanoTime()));
            }
        }
        return received;
    }

    private void chat() throws IOException {
        try (Socket socket = connect()) {
            byte[] word = new byte[WORD_BYTES];
            for (long position = 0; !isOver.getAsBoolean(); position += word.length) {
                thereAndBack(socket, word, position);
                LockSupport.parkNanos(BETWEEN_WORDS_NANOS);
            }
        }
    }

    private void comeAndGo() throws IOException {
        byte[] content = new byte[CHUNK_BYTES];
        while (!isOver.getAsBoolean()) {
            try (Socket socket = connect()) {
                thereAndBack(socket, content, 0);
            }
            LockSupport.parkNanos(BETWEEN_WORDS_NANOS);
        }
    }

    private void thereAndBack(Socket socket, byte[] content, long position) throws IOException {
        long start = System.nanoTime();
        DemoBytes.fill(content, position);
        socket.getOutputStream().write(content);
        int length = socket.getInputStream().readNBytes(content, 0, content.length);
        if (length < content.length) {
            throw new IOException("%,d bytes were sent and %,d came back".formatted(content.length, length));
        }
        DemoBytes.check(content, length, position);
        tally.came(length);
        tally.took(System.nanoTime() - start);
    }
}
