package dev.sluice.testing;

import static dev.sluice.testing.Messages.message;

import dev.sluice.PooledBuffer;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;

/**
 * Requests what a contract says, keeps what every result was worth, and releases it.
 *
 * @param <T> the results; of a buffer, its bytes are kept
 */
final class ContractSubscriber<T> extends BaseSubscriber<T> {

    private final Duration limit;
    private final List<Object> values = new ArrayList<>();
    private final AtomicInteger received = new AtomicInteger();
    private volatile boolean completed;
    private volatile @Nullable Throwable error;

    ContractSubscriber(Duration limit) {
        this.limit = limit;
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {}

    @Override
    protected void hookOnNext(T value) {
        synchronized (values) {
            values.add(worth(value));
        }
        received.incrementAndGet();
    }

    private static Object worth(Object value) {
        if (value instanceof PooledBuffer buffer) {
            byte[] bytes = buffer.toByteArray();
            buffer.release();
            return ByteBuffer.wrap(bytes);
        }
        return value;
    }

    @Override
    protected void hookOnComplete() {
        completed = true;
    }

    @Override
    protected void hookOnError(Throwable failure) {
        error = failure;
    }

    int received() {
        return received.get();
    }

    @Nullable Throwable error() {
        return error;
    }

    List<Object> values() {
        synchronized (values) {
            return List.copyOf(values);
        }
    }

    byte[] bytes() {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (Object value : values()) {
            if (value instanceof ByteBuffer bytes) {
                byte[] content = new byte[bytes.remaining()];
                bytes.duplicate().get(content);
                all.writeBytes(content);
            }
        }
        return all.toByteArray();
    }

    /** Waits until the sequence has completed. */
    ContractSubscriber<T> awaitCompletion() {
        awaitEnd();
        Throwable failure = error;
        if (failure != null) {
            throw new AssertionError(message("the sequence failed after %,d results", received.get()), failure);
        }
        return this;
    }

    /** Waits until the sequence has failed. */
    Throwable awaitError() {
        awaitEnd();
        Throwable failure = error;
        if (failure == null) {
            throw new AssertionError(
                    message("the sequence completed after %,d results, and should fail", received.get()));
        }
        return failure;
    }

    private void awaitEnd() {
        await(() -> completed || error != null, "the sequence has not ended");
    }

    /** Waits until so many results came, or the end. */
    void awaitReceived(int results) {
        await(
                () -> received.get() >= results || completed || error != null,
                message("fewer than %,d results came", results));
    }

    private void await(BooleanSupplier condition, String otherwise) {
        await(limit, condition, otherwise + message("; %,d came", received.get()));
    }

    static void await(Duration limit, BooleanSupplier condition, String otherwise) {
        Patience patience = Patience.of(limit);
        while (!condition.getAsBoolean()) {
            if (!patience.goesOn()) {
                throw new AssertionError(otherwise + patience);
            }
        }
    }
}
