package dev.sluice.netty;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/** Connections that send as fast as they can, all on one thread and without anything of Netty's. */
final class Senders implements AutoCloseable {

    /** How much may be under way in the kernel for each, on this side. */
    private static final int SEND_BUFFER_BYTES = 64 << 10;

    private final Selector selector = Selector.open();
    private final List<SocketChannel> channels = new ArrayList<>();
    private final long[] left;
    private final ByteBuffer content = ByteBuffer.allocateDirect(64 << 10);
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final Thread thread = new Thread(this::run, "senders");
    private volatile boolean closed;
    private volatile int finished;

    /** Connects all; each sends so many bytes and then says that nothing more will come. */
    Senders(int port, int connections, long bytesOfEach) throws IOException {
        left = new long[connections];
        Arrays.fill(left, bytesOfEach);
        for (int i = 0; i < connections; i++) {
            SocketChannel channel = SocketChannel.open();
            channels.add(channel);
            channel.setOption(StandardSocketOptions.SO_SNDBUF, SEND_BUFFER_BYTES);
            channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_WRITE, i);
        }
        thread.setDaemon(true);
        thread.start();
    }

    /** How many have sent all that they had to. */
    int finished() {
        return finished;
    }

    /** Why a connection broke, if one did. */
    Throwable failure() {
        return failure.get();
    }

    private void run() {
        try {
            while (!closed) {
                selector.select(key -> send((SocketChannel) key.channel(), key), 100);
            }
        } catch (IOException | RuntimeException e) {
            failure.compareAndSet(null, e);
        }
    }

    private void send(SocketChannel channel, SelectionKey key) {
        int number = (int) key.attachment();
        try {
            ByteBuffer next = content.duplicate();
            next.limit((int) Math.min(next.limit(), left[number]));
            left[number] -= channel.write(next);
            if (left[number] == 0) {
                key.cancel();
                channel.shutdownOutput();
                finished++; // by this thread alone
            }
        } catch (IOException e) {
            failure.compareAndSet(null, e);
            key.cancel();
        }
    }

    /** Resets what has not ended. */
    @Override
    public void close() throws IOException, InterruptedException {
        closed = true;
        selector.wakeup();
        thread.join();
        for (SocketChannel channel : channels) {
            if (channel.isOpen()) {
                channel.setOption(StandardSocketOptions.SO_LINGER, 0);
                channel.close();
            }
        }
        selector.close();
    }
}
