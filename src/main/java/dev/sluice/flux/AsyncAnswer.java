package dev.sluice.flux;

import java.io.IOException;
import java.nio.channels.CompletionHandler;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Where the thread that begins an operation of an asynchronous channel meets the one that ends it, which may be the
 * same: the last of the two goes on. So a channel that answers at once costs no stack.
 */
final class AsyncAnswer implements CompletionHandler<Integer, @Nullable Object> {

    /*
     *   NONE -> BEGUN -> WAITED_FOR -> THERE   the beginner has left; the answer runs `answered`
     *             |                      ^
     *             +----------------------+     the beginner finds the answer, and goes on itself
     *
     * An answer that comes in any other state is a second one, and means nothing.
     */
    private enum State {
        NONE,
        BEGUN,
        WAITED_FOR,
        THERE
    }

    private final Runnable answered;
    private final AtomicReference<State> state = new AtomicReference<>(State.NONE);
    private int count;
    private @Nullable Throwable error;

    AsyncAnswer(Runnable answered) {
        this.answered = answered;
    }

    boolean isThere() {
        return state.get() == State.THERE;
    }

    /** To be called before the operation is begun. */
    void begin() {
        state.set(State.BEGUN);
    }

    /** The operation could not be begun. */
    void forget() {
        state.set(State.NONE);
    }

    /** Whether to leave: then the answer is still to come, and another thread may be here already. */
    boolean isAwaited() {
        return state.compareAndSet(State.BEGUN, State.WAITED_FOR);
    }

    /** Takes the answer, which is there. */
    int take() throws IOException {
        Throwable failed = error;
        error = null;
        state.set(State.NONE);
        if (failed instanceof IOException known) {
            throw known;
        } else if (failed instanceof RuntimeException known) {
            throw known;
        } else if (failed != null) {
            throw new IOException(failed);
        }
        return count;
    }

    @Override
    public void completed(Integer result, @Nullable Object attachment) {
        answer(result, null);
    }

    @Override
    public void failed(Throwable thrown, @Nullable Object attachment) {
        answer(0, thrown);
    }

    private void answer(int result, @Nullable Throwable thrown) {
        State before = state.get();
        if (before != State.BEGUN && before != State.WAITED_FOR) {
            return;
        }
        count = result;
        error = thrown;
        if (state.getAndSet(State.THERE) == State.WAITED_FOR) {
            answered.run();
        }
    }
}
