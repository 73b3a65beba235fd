package dev.sluice;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;

/**
 * One thread of {@link BurnTest}: leases, stamps and passes on what it leased, verifies what it is passed, and now and
 * then does what disturbs the others.
 *
 * <p>It waits only when it has no lease in hand. So if all wait, no lease is out, and one of their requests must be
 * granted: a wakeup that is lost shows as a test that hangs.
 */
final class BurnWorker implements Runnable {

    /** Odd, with bits all over: any two stamps differ in each byte but by chance. */
    private static final long SPREAD = 0x9E3779B97F4A7C15L;

    private static final int MAX_HOPS = 4;
    private static final int MAX_REQUESTS = 3;

    /** How many steps there are for each that clears, shrinks or counts. */
    private static final int CALM = 2_048;

    private final int number;
    private final List<BufferPool> pools;
    private final int largest;
    private final long quota;
    private final BurnRing ring;
    private final SplittableRandom random;
    private final List<CompletableFuture<PooledBuffer>> requests = new ArrayList<>();
    private volatile long leased;

    BurnWorker(int number, List<BufferPool> pools, int largest, long quota, BurnRing ring) {
        this.number = number;
        this.pools = pools;
        this.largest = largest;
        this.quota = quota;
        this.ring = ring;
        this.random = new SplittableRandom(number);
    }

    /** How many leases this worker was given. */
    long leased() {
        return leased;
    }

    @Override
    public void run() {
        try {
            while (leased < quota && !ring.hasFailed()) {
                boolean moved = lease()
                        | collect()
                        | ring.poll(number).map(this::receive).isPresent();
                if (random.nextInt(CALM) == 0) {
                    disturb();
                }
                if (!moved) {
                    sitDown();
                }
            }
            giveUpAll();
            ring.finished();
            while (ring.isWorking()) {
                ring.await(number).ifPresent(this::receive);
            }
        } catch (Throwable e) {
            ring.failed(e);
        }
    }

    private boolean lease() {
        BufferPool pool = pools.get(random.nextInt(pools.size()));
        int size = size(pool);
        return switch (random.nextInt(8)) {
            case 0, 1 -> requests.size() < MAX_REQUESTS && request(pool, size);
            case 2 -> acquire(pool, size);
            case 3 -> pool.tryAcquire(size, this).map(this::send).orElse(false);
            default -> pool.tryAcquire(size).map(this::send).orElse(false);
        };
    }

    /** Small sizes are more frequent than large ones; of a small budget, one in a thousand wants nearly all. */
    private int size(BufferPool pool) {
        long limit = pool.budget().limit();
        return limit <= 100_000 && random.nextInt(1_000) == 0
                ? (int) limit - random.nextInt(1_000)
                : 1 + random.nextInt(1 + random.nextInt(largest));
    }

    private boolean acquire(BufferPool pool, int size) {
        try {
            return send(pool.acquire(size));
        } catch (PoolExhaustedException e) {
            return false;
        }
    }

    private boolean request(BufferPool pool, int size) {
        CompletableFuture<PooledBuffer> request =
                random.nextInt(16) == 0 ? pool.request(size, Duration.ofMillis(1)) : pool.request(size);
        if (random.nextInt(4) == 0) {
            return settle(request);
        }
        request.whenComplete((lease, error) -> ring.wake(number));
        return requests.add(request);
    }

    /** Takes what was granted meanwhile, and seldom gives up what was not. */
    private boolean collect() {
        boolean collected = false;
        for (Iterator<CompletableFuture<PooledBuffer>> i = requests.iterator(); i.hasNext(); ) {
            CompletableFuture<PooledBuffer> request = i.next();
            if (request.isDone() || random.nextInt(64) == 0) {
                i.remove();
                collected |= settle(request);
            }
        }
        return collected;
    }

    private void giveUpAll() {
        requests.forEach(this::settle);
        requests.clear();
    }

    /** Cancels a request; if that comes too late, the lease is ours. */
    private boolean settle(CompletableFuture<PooledBuffer> request) {
        if (request.cancel(false)) {
            return true;
        }
        if (!request.isDone()) {
            throw new AssertionError("neither cancelled nor done: " + request);
        }
        if (request.isCompletedExceptionally()) {
            Throwable error = request.handle((lease, e) -> e).join();
            if (!(error instanceof PoolExhaustedException)) {
                throw new AssertionError("a request failed", error);
            }
            return true;
        }
        return send(request.join());
    }

    /** Waits for a parcel, or for a request to end. */
    private void sitDown() throws InterruptedException {
        while (requests.isEmpty()) {
            BufferPool pool = pools.get(random.nextInt(pools.size()));
            request(pool, size(pool));
        }
        // One that is done by now may have woken this worker already; one that is not has yet to.
        if (requests.stream().noneMatch(CompletableFuture::isDone)) {
            ring.await(number).ifPresent(this::receive);
        }
    }

    private boolean send(PooledBuffer lease) {
        leased++;
        pass(BurnParcel.stamped(lease, ((long) number << 48 | leased) * SPREAD));
        return true;
    }

    private void pass(BurnParcel parcel) {
        parcel.verify();
        if (!ring.sendFrom(number, parcel)) {
            parcel.end();
        }
    }

    private boolean receive(BurnParcel parcel) {
        parcel.verify();
        PooledBuffer lease = parcel.lease();
        switch (parcel.hops() < MAX_HOPS ? random.nextInt(5) : 0) {
            case 0 -> {
                parcel.end();
                lease.release();
            }
            case 1 -> {
                pass(parcel.with(lease.retain()));
                parcel.end();
            }
            case 2 -> {
                int lines = (lease.length() - 1) / BurnParcel.LINE_BYTES;
                int offset = random.nextInt(lines + 1) * BurnParcel.LINE_BYTES;
                PooledBuffer part = lease.slice(offset, lease.length() - offset);
                parcel.end();
                pass(parcel.with(part));
            }
            default -> pass(parcel.with(lease));
        }
        return true;
    }

    private void disturb() {
        BufferPool pool = pools.get(random.nextInt(pools.size()));
        switch (random.nextInt(4)) {
            case 0 -> pool.clear();
            case 1 -> pool.shrink();
            default -> check(pool.stats(), pool.budget());
        }
    }

    private static void check(PoolStats stats, MemoryBudget budget) {
        if (stats.idleBytes() < 0
                || stats.bytesInUse() < 0
                || stats.totalReleases() > stats.totalAcquisitions()
                || budget.used() > budget.limit()) {
            throw new AssertionError("%s of %s".formatted(stats, budget));
        }
    }

    @Override
    public String toString() {
        return "worker %d: %,d leases, %d requests".formatted(number, leased, requests.size());
    }
}
