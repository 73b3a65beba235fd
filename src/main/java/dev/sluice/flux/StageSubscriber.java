package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.CoreSubscriber;
import reactor.util.context.Context;

/** Drives one {@link Stage} for one subscriber. */
final class StageSubscriber<O> extends DrainOperator<PooledBuffer, O> {

    /*
     * The stage belongs to the thread that has the floor. Upstream is asked for one buffer at a time, which waits in
     * `input` until it is put into the stage. Cancel against grant: see StageMemory.
     *
     * What came from upstream before its error is delivered before the error. What fails here ends the sequence at
     * once.
     */

    private final String name;
    private final StageMemory memory;
    private final Stage<O> stage;
    private final Context context;
    private final AtomicReference<@Nullable PooledBuffer> input = new AtomicReference<>();
    private boolean asked;
    private boolean endedInput;
    private @Nullable O ready;

    private StageSubscriber(
            CoreSubscriber<? super O> actual, Object source, Function<? super StageMemory, ? extends Stage<O>> stages) {
        super(actual, Errors.AFTER_CONTENT);
        this.name = source.toString();
        this.memory = new StageMemory(Origin.of(name, actual), actual.currentContext(), this::granted);
        try {
            this.stage = Objects.requireNonNull(stages.apply(memory), "the stage is null");
        } catch (Throwable e) {
            memory.release();
            throw e;
        }
        this.context = memory.context();
    }

    /**
     * Subscribes with a new stage.
     *
     * @param operator who asks for memory, for reports of lost leases
     */
    static <O> void subscribe(
            Publisher<? extends PooledBuffer> source,
            CoreSubscriber<? super O> actual,
            Object operator,
            Function<? super StageMemory, ? extends Stage<O>> stages) {
        StageSubscriber<O> subscriber;
        try {
            subscriber = new StageSubscriber<>(actual, operator, stages);
        } catch (Throwable e) {
            ForeignCode.failedToBegin(e, actual);
            return;
        }
        source.subscribe(subscriber);
    }

    String operatorName() {
        return name;
    }

    /** Drains at once, for a stage may be full from the start. */
    @Override
    void begun() {
        drain();
    }

    @Override
    public void onNext(PooledBuffer buffer) {
        Objects.requireNonNull(buffer, "buffer");
        if (isDone()) {
            buffer.release();
        } else if (input.compareAndSet(null, buffer)) {
            drain();
        } else {
            buffer.release();
            overflow("upstream emitted more buffers than were requested");
        }
    }

    private void granted() {
        goOnBy(whereUpstreamRuns());
    }

    @Override
    boolean step() throws IOException {
        O result = ready;
        if (result == null) {
            try {
                return prepare();
            } catch (ByteStreamException e) {
                e.comeFrom(this);
                throw e;
            }
        } else if (requested() == 0) {
            return false;
        }
        ready = null;
        emit(result);
        return true;
    }

    /** Without demand, moves on only to find out whether anything is left, where that is not certain. */
    private boolean prepare() throws IOException {
        boolean last = isDone() && input.get() == null;
        if (requested() == 0 && (stage.hasMore() || (!last && !stage.isFull()))) {
            return false;
        }
        ready = stage.next();
        if (ready != null) {
            return true;
        } else if (memory.isAwaited()) {
            return false;
        } else if (stage.isFull()) {
            interrupt();
            end(null);
            return false;
        } else if (!last) {
            return feed();
        } else if (endedInput || upstreamError() != null) {
            ready = endedInput ? null : stage.flush();
            if (ready == null) {
                end(upstreamError());
            }
            return ready != null;
        }
        endedInput = true;
        stage.end();
        return true;
    }

    private boolean feed() throws IOException {
        PooledBuffer buffer = input.getAndSet(null);
        if (buffer != null) {
            asked = false;
            accept(buffer);
            return true;
        } else if (asked) {
            ready = hasMoreAtHand() ? null : stage.flush();
            return ready != null;
        }
        asked = true;
        ask(1);
        return true;
    }

    /** The stage owns the buffer, even if it throws. That may be before it has noted down what it owns. */
    private void accept(PooledBuffer buffer) throws IOException {
        try {
            stage.accept(buffer);
        } catch (Throwable e) {
            buffer.release();
            throw e;
        }
    }

    @Override
    void interrupt() {
        super.interrupt();
        memory.giveUp();
    }

    @Override
    void releaseAll() {
        PooledBuffer buffer = input.getAndSet(null);
        if (buffer != null) {
            buffer.release();
        }
        if (ready instanceof PooledBuffer result) {
            result.release();
        }
        ready = null;
        try {
            stage.release();
        } finally {
            memory.release();
        }
    }

    @Override
    public Context currentContext() {
        return context;
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        return key == Attr.PREFETCH ? 1 : super.scanUnsafe(key);
    }
}
