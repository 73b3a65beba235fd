package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;
import reactor.core.publisher.Operators;

/** What the subscribers of one group of a {@link FluxTee} share: gives each buffer to all of them. */
final class TeeHub extends Hub {

    /*
     * A buffer is put into every queue before any is drained: for a subscriber may want more from within its onNext,
     * and then the next buffer comes while this one is on its way to the others.
     */

    private final FluxTee tee;
    private final TeeInner[] branches;
    private long received;

    /** The source has ended, and how; `done` is written last. */
    private volatile boolean done;

    private @Nullable Throwable failure;

    TeeHub(FluxTee tee, List<TeeInner> members) {
        super(ReservePlace.sharing(
                members.get(0).actual.currentContext(),
                members.stream().map(each -> each.actual.currentContext()).toList()));
        this.tee = tee;
        this.branches = members.toArray(TeeInner[]::new);
    }

    @Override
    long wanted() {
        if (done) {
            return 0;
        }
        boolean slowest = tee.policy == TeePolicy.SLOWEST;
        long wanted = slowest ? Long.MAX_VALUE : 0;
        boolean any = false;
        for (TeeInner branch : branches) {
            if (!branch.left) {
                any = true;
                wanted = slowest ? Math.min(wanted, branch.wanted()) : Math.max(wanted, branch.wanted());
            }
        }
        return any ? wanted : 0;
    }

    /** A subscriber has left: the others may want more than it did, or there are none. */
    void remains() {
        for (TeeInner branch : branches) {
            if (!branch.left) {
                ask();
                return;
            }
        }
        stop();
    }

    @Override
    public void onNext(PooledBuffer buffer) {
        if (done || isBeyondRequest(++received)) {
            buffer.release();
            if (!done) {
                stop();
                end(Exceptions.failWithOverflow("the source emitted more buffers than were requested"));
            }
            return;
        }
        try {
            for (TeeInner branch : branches) {
                branch.offer(buffer, tee.maxQueued);
            }
        } finally {
            buffer.release();
        }
        for (TeeInner branch : branches) {
            branch.drain();
        }
    }

    @Override
    public void onError(Throwable error) {
        if (done || isStopped()) {
            Operators.onErrorDropped(error, currentContext());
        } else {
            end(error);
        }
    }

    @Override
    public void onComplete() {
        if (!done) {
            end(null);
        }
    }

    private void end(@Nullable Throwable error) {
        failure = error;
        done = true;
        for (TeeInner branch : branches) {
            branch.drain();
        }
    }

    boolean isDone() {
        return done;
    }

    @Nullable Throwable failure() {
        return failure;
    }
}
