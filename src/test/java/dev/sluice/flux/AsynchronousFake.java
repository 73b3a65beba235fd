package dev.sluice.flux;

import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousByteChannel;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.CompletionHandler;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * An asynchronous channel whose operations are a test's. It answers each one once, through an executor; closing it
 * answers the one that has not been.
 */
class AsynchronousFake implements AsynchronousByteChannel {

    final AtomicInteger closed = new AtomicInteger();
    final AtomicInteger began = new AtomicInteger();
    private final Executor executor;
    private final AtomicReference<Runnable> pending = new AtomicReference<>();

    AsynchronousFake(Executor executor) {
        this.executor = executor;
    }

    /** Reads or writes now; by default nothing is there for ever. */
    int transfer(ByteBuffer buffer) throws Exception {
        return NOT_YET;
    }

    static final int NOT_YET = Integer.MIN_VALUE;

    /** Reads what is in an array, a few bytes at a time. */
    static AsynchronousFake reading(byte[] content, int most, Executor executor) {
        ByteBuffer left = ByteBuffer.wrap(content);
        return new AsynchronousFake(executor) {
            @Override
            int transfer(ByteBuffer target) {
                if (!left.hasRemaining()) {
                    return -1;
                }
                int length = Math.min(most, Math.min(left.remaining(), target.remaining()));
                target.put(left.slice(left.position(), length));
                left.position(left.position() + length);
                return length;
            }
        };
    }

    @Override
    public <A> void read(ByteBuffer target, A attachment, CompletionHandler<Integer, ? super A> handler) {
        begin(target, attachment, handler);
    }

    @Override
    public <A> void write(ByteBuffer source, A attachment, CompletionHandler<Integer, ? super A> handler) {
        begin(source, attachment, handler);
    }

    private <A> void begin(ByteBuffer buffer, A attachment, CompletionHandler<Integer, ? super A> handler) {
        began.incrementAndGet();
        AtomicBoolean answered = new AtomicBoolean();
        Runnable abort = () -> {
            if (answered.compareAndSet(false, true)) {
                handler.failed(new AsynchronousCloseException(), attachment);
            }
        };
        if (pending.getAndSet(abort) != null) {
            throw new java.nio.channels.ReadPendingException();
        }
        executor.execute(() -> answer(buffer, attachment, handler, answered, abort));
    }

    private <A> void answer(
            ByteBuffer buffer,
            A attachment,
            CompletionHandler<Integer, ? super A> handler,
            AtomicBoolean answered,
            Runnable abort) {
        try {
            if (!isOpen()) {
                throw new ClosedChannelException();
            }
            int count = transfer(buffer);
            if (count == NOT_YET) {
                if (!isOpen()) {
                    abort.run();
                }
                return;
            }
            pending.set(null);
            if (answered.compareAndSet(false, true)) {
                handler.completed(count, attachment);
            }
        } catch (Exception e) {
            pending.set(null);
            if (answered.compareAndSet(false, true)) {
                handler.failed(e, attachment);
            }
        }
    }

    @Override
    public Future<Integer> read(ByteBuffer target) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Future<Integer> write(ByteBuffer source) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() throws java.io.IOException {
        closed.incrementAndGet();
        abort();
    }

    /** Answers what has not been answered. */
    void abort() {
        Runnable abort = pending.get();
        if (abort != null) {
            abort.run();
        }
    }

    @Override
    public boolean isOpen() {
        return closed.get() == 0;
    }
}
