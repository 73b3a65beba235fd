package dev.sluice.flux;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.scheduler.Schedulers;

/**
 * The time between two looks at a source that has nothing now. It ends once, by its timer or by {@link #end()}, and
 * whoever ends it goes on.
 *
 * <p>The timer is Reactor's own, on {@link Schedulers#parallel()}: a delay on a bounded elastic scheduler would keep
 * one of its threads for itself.
 */
final class ReadPause implements Runnable {

    private final Runnable next;
    private final AtomicBoolean over = new AtomicBoolean();
    private volatile @Nullable Disposable timer;

    /**
     * Makes a pause that has not begun.
     *
     * @param next what to do when it ends
     */
    ReadPause(Runnable next) {
        this.next = next;
    }

    /** Sets the timer, unless the pause was ended meanwhile: end() reads `timer`, this reads `over` after it. */
    void begin(long nanos) {
        Disposable set;
        try {
            set = Schedulers.parallel().schedule(this, nanos, TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            if (over.compareAndSet(false, true)) {
                throw e;
            }
            return;
        }
        timer = set;
        if (over.get()) {
            set.dispose();
        }
    }

    /** Ends it before its time. */
    void end() {
        run();
        Disposable set = timer;
        if (set != null) {
            set.dispose();
        }
    }

    @Override
    public void run() {
        if (over.compareAndSet(false, true)) {
            next.run();
        }
    }
}
