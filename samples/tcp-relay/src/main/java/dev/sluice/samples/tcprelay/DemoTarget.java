package dev.sluice.samples.tcprelay;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** The target of the demonstration: sends back what it gets, on plain sockets, with a thread for each connection. */
final class DemoTarget implements AutoCloseable {

    private static final int BACKLOG = 256;
    private static final int CHUNK_BYTES = 32 << 10;

    private final ServerSocket listening = new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress());

    DemoTarget() throws IOException {
        start(this::accept);
    }

    InetSocketAddress address() {
        return (InetSocketAddress) listening.getLocalSocketAddress();
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = listening.accept();
                start(() -> sendBack(socket));
            }
        } catch (IOException e) {
            // Closed: the demonstration is over.
        }
    }

    private static void start(Runnable work) {
        Thread thread = new Thread(work, "demo-target");
        thread.setDaemon(true);
        thread.start();
    }

    private static void sendBack(Socket socket) {
        try (socket) {
            InputStream in = socket.getInputStream();
            OutputStream out = socket.getOutputStream();
            byte[] chunk = new byte[CHUNK_BYTES];
            for (int length = in.read(chunk); length >= 0; length = in.read(chunk)) {
                out.write(chunk, 0, length);
            }
            socket.shutdownOutput();
        } catch (IOException e) {
            // The client says what went wrong.
        }
    }

    @Override
    public void close() throws IOException {
        listening.close();
    }
}
