package dev.sluice;

import static dev.sluice.Messages.message;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A request for several buffers that are granted together or not at all.
 *
 * <p>Its members stand in line one after the other, each at the place of the one before it: when the first has its
 * buffer, the next one takes its place, before all that came later. So nothing is held while others who came earlier
 * wait, and from the first grant on all that comes back is for this group.
 *
 * <p>Each member gets a slab of its own where it can, for what one buffer of a larger slab keeps from others would be
 * more than was asked for.
 *
 * <p>Cancel against grant: each member ends exactly once, and the last one to end completes the group. If that loses
 * against a cancellation, what was granted goes back.
 */
final class PendingGroup extends CompletableFuture<List<PooledBuffer>> {

    private final List<PendingRequest> members;
    private final AtomicInteger left;

    private PendingGroup(List<PendingRequest> members) {
        this.members = members;
        this.left = new AtomicInteger(members.size());
    }

    static PendingGroup request(List<BufferPool.Ask> asks, @Nullable Object holder) {
        checkTogether(asks);
        List<PendingRequest> members = new ArrayList<>(asks.size());
        for (BufferPool.Ask ask : asks) {
            members.add(ask.pool().pending(ask.size(), holder));
        }
        checkFit(members);
        PendingRequest last = null;
        for (PendingRequest member : members) {
            member.decision.setAlone();
            if (last != null) {
                last.follower = member;
            }
            last = member;
        }
        PendingGroup group = new PendingGroup(members);
        group.start(asks.get(0).pool().ledger());
        return group;
    }

    private static void checkTogether(List<BufferPool.Ask> asks) {
        if (asks.isEmpty()) {
            throw new IllegalArgumentException("no buffer is asked for");
        }
        BufferPool first = asks.get(0).pool();
        for (BufferPool.Ask ask : asks) {
            if (ask.pool().ledger() != first.ledger()) {
                throw new IllegalArgumentException(message(
                        "pools '%s' and '%s' have no budget in common, so their buffers cannot be asked for together",
                        first.name(), ask.pool().name()));
            }
        }
    }

    /** What does not fit even where nothing else is leased would wait for ever. */
    private static void checkFit(List<PendingRequest> members) {
        Map<SizeClass, Integer> counts = new HashMap<>();
        Map<MemoryBudget, Long> sums = new HashMap<>();
        for (PendingRequest member : members) {
            BufferPool pool = member.sizeClass.pool;
            int count = counts.merge(member.sizeClass, 1, Integer::sum);
            if (count > pool.maxBuffersPerSize()) {
                throw new BudgetTooSmallException(
                        message(
                                "more than %,d buffers of %,d bytes are asked for together, which is all that pool '%s'"
                                        + " may have",
                                pool.maxBuffersPerSize(), member.decision.slotBytes(), pool.name()),
                        (long) count * member.decision.slotBytes(),
                        Long.MAX_VALUE);
            }
            for (MemoryBudget budget = pool.budget(); budget != null; budget = budget.parent()) {
                sums.merge(budget, (long) member.decision.slotBytes(), Long::sum);
            }
        }
        sums.forEach((budget, sum) -> {
            if (sum > budget.limit()) {
                throw new BudgetTooSmallException(
                        message(
                                "%,d bytes are asked for together, and the limit of budget '%s' is %,d",
                                sum, budget.name(), budget.limit()),
                        sum,
                        budget.limit());
            }
        });
    }

    private void start(Ledger ledger) {
        members.forEach(member -> {
            var unused = member.whenComplete((buffer, error) -> ended(error));
        });
        ledger.requestInTurn(members.get(0));
    }

    private void ended(@Nullable Throwable error) {
        try {
            if (error != null) {
                members.forEach(member -> member.cancel(false));
            }
        } finally {
            if (left.decrementAndGet() == 0) {
                finish();
            }
        }
    }

    /** Completes the group. What cannot be handed over goes back, also where there is no memory for the list of it. */
    private void finish() {
        List<PooledBuffer> granted = null;
        Throwable failure;
        try {
            failure = failure();
            granted = failure != null
                    ? null
                    : members.stream().map(CompletableFuture::join).toList();
        } catch (RuntimeException | Error e) {
            failure = e;
        }
        if (granted != null && complete(granted)) {
            return;
        }
        for (PendingRequest member : members) {
            if (!member.isCompletedExceptionally()) {
                member.join().release();
            }
        }
        if (failure != null) {
            completeExceptionally(failure);
        }
    }

    /** Why a member failed; a cancellation only if there is no other reason. */
    private @Nullable Throwable failure() {
        Throwable failure = null;
        for (PendingRequest member : members) {
            try {
                var unused = member.join();
            } catch (CompletionException e) {
                failure = failure == null || failure instanceof CancellationException ? e.getCause() : failure;
            } catch (CancellationException e) {
                failure = failure == null ? e : failure;
            }
        }
        return failure;
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        boolean cancelled = super.cancel(mayInterruptIfRunning);
        if (cancelled) {
            members.forEach(member -> member.cancel(mayInterruptIfRunning));
        }
        return cancelled;
    }
}
