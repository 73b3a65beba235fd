package dev.sluice.flux;

import dev.sluice.BufferPool;
import dev.sluice.BufferPoolException;
import dev.sluice.MemoryBudget;
import dev.sluice.PooledBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Takes the buffers of one {@link ReserveMachine.Collection} from their pools: what is free at once, or else together,
 * in the line. Pools that have no budget in common are asked one after the other.
 *
 * <p>Stop against request: {@link #stop()} writes {@code isStopped}, then reads {@code request}; the asking side writes
 * {@code request}, then reads {@code isStopped}. So at least one of the two cancels it. What was granted before goes
 * back, because the reserve does not want it any more.
 */
final class ReserveCollection {

    /** One buffer that is asked for, and where it is to go. */
    private record Part(ReserveAccount account, BufferPool.Ask ask) {}

    private final ReserveMachine.Collection collection;

    /** Whom reports of lost leases name. */
    private final Object holder;

    private final List<List<Part>> parts;
    private final Map<ReserveAccount, List<ReserveAccount.Spare>> taken = new LinkedHashMap<>();

    private volatile boolean isStopped;
    private volatile @Nullable CompletableFuture<List<PooledBuffer>> request;

    /** Called with the lock of the reserve, because its accounts are asked for their pools. */
    ReserveCollection(ReserveMachine.Collection collection, Object holder) {
        this.collection = collection;
        this.holder = holder;
        Map<MemoryBudget, List<Part>> byTree = new LinkedHashMap<>();
        collection.asked.forEach((account, claims) -> {
            BufferPool pool = Reserve.poolOf(account);
            List<Part> those = byTree.computeIfAbsent(ReserveLimits.outermost(pool), unused -> new ArrayList<>());
            claims.each().forEach(bytes -> those.add(new Part(account, new BufferPool.Ask(pool, bytes))));
        });
        this.parts = List.copyOf(byTree.values());
    }

    /** Takes, or asks; what goes wrong lets those in who wait for it, and they hear it from the pool themselves. */
    void start() {
        try {
            take(0);
        } catch (RuntimeException | Error e) {
            giveBack();
            Reserve.refused(collection, collection.asked.keySet());
            throw e;
        }
    }

    void stop() {
        isStopped = true;
        CompletableFuture<List<PooledBuffer>> waiting = request;
        if (waiting != null) {
            waiting.cancel(false);
        }
    }

    private void take(int index) {
        if (isStopped) {
            giveBack();
        } else if (index == parts.size()) {
            if (!Reserve.collected(collection, taken)) {
                giveBack();
            }
        } else {
            List<Part> some = parts.get(index);
            if (takeFree(some) || !collection.waits) {
                take(index + 1);
            } else {
                request(some, index);
            }
        }
    }

    private boolean takeFree(List<Part> some) {
        List<PooledBuffer> free = new ArrayList<>();
        try {
            for (Part part : some) {
                Optional<PooledBuffer> buffer = part.ask.pool().tryAcquireUntold(part.ask.size(), holder);
                if (buffer.isEmpty()) {
                    break; // smaller ones may be there, but the largest are lacking first
                }
                free.add(buffer.get());
            }
        } catch (BufferPoolException e) {
            // closed: the request below says so
        } catch (RuntimeException | Error e) {
            free.forEach(PooledBuffer::release);
            throw e;
        }
        boolean isAll = free.size() == some.size();
        if (isAll || !collection.waits) {
            add(some, free);
        } else {
            free.forEach(PooledBuffer::release);
        }
        return isAll;
    }

    private void add(List<Part> some, List<PooledBuffer> buffers) {
        for (int i = 0; i < buffers.size(); i++) {
            PooledBuffer buffer = buffers.get(i);
            taken.computeIfAbsent(some.get(i).account, unused -> new ArrayList<>())
                    .add(new ReserveAccount.Spare(buffer, buffer.capacity()));
        }
    }

    private void request(List<Part> some, int index) {
        CompletableFuture<List<PooledBuffer>> asked;
        try {
            asked = BufferPool.requestAll(some.stream().map(Part::ask).toList(), holder);
        } catch (RuntimeException | Error e) {
            asked = CompletableFuture.failedFuture(e);
        }
        request = asked;
        if (isStopped) {
            asked.cancel(false);
        }
        var unused = asked.whenComplete((buffers, error) -> {
            if (error == null) {
                add(some, buffers);
                take(index + 1);
            } else {
                giveBack();
                refused(some);
            }
        });
    }

    /** A pool that is closed refuses for good; if none is, all do that were asked. */
    private void refused(List<Part> some) {
        if (isStopped) {
            return;
        }
        Set<ReserveAccount> all = new LinkedHashSet<>();
        Set<ReserveAccount> closed = new LinkedHashSet<>();
        for (Part part : some) {
            all.add(part.account);
            if (part.ask.pool().isClosed()) {
                closed.add(part.account);
            }
        }
        Reserve.refused(collection, closed.isEmpty() ? all : closed);
    }

    private void giveBack() {
        taken.values().forEach(spares -> spares.forEach(spare -> ((PooledBuffer) spare.lease).release()));
        taken.clear();
    }
}
