package dev.sluice;

import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** The inboxes of the workers of {@link BurnTest}, each of whom sends to the next, and when they may go home. */
final class BurnRing {

    private static final int INBOX_LENGTH = 16;

    private final List<BlockingQueue<Optional<BurnParcel>>> inboxes;
    private final AtomicInteger working;
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

    BurnRing(int workers) {
        inboxes = Stream.<BlockingQueue<Optional<BurnParcel>>>generate(() -> new ArrayBlockingQueue<>(INBOX_LENGTH))
                .limit(workers)
                .toList();
        working = new AtomicInteger(workers);
    }

    /** Sends a parcel to the next worker; false if that has enough to do. */
    boolean sendFrom(int worker, BurnParcel parcel) {
        return inboxes.get((worker + 1) % inboxes.size()).offer(Optional.of(parcel));
    }

    /** Lets a worker that waits go on without a parcel. One whose inbox is full does not wait. */
    void wake(int worker) {
        inboxes.get(worker).offer(Optional.empty());
    }

    /** What has come for a worker, if anything. */
    Optional<BurnParcel> poll(int worker) {
        Optional<BurnParcel> next = inboxes.get(worker).poll();
        return next == null ? Optional.empty() : next;
    }

    /** The same, but waits until something comes or the worker is woken. */
    Optional<BurnParcel> await(int worker) throws InterruptedException {
        return inboxes.get(worker).take();
    }

    /** Says that a worker has what it wanted; when all have, or one has failed, everybody is woken. */
    void finished() {
        if (working.decrementAndGet() == 0) {
            wakeAll();
        }
    }

    void failed(Throwable failure) {
        failures.add(failure);
        wakeAll();
    }

    private void wakeAll() {
        for (int i = 0; i < inboxes.size(); i++) {
            wake(i);
        }
    }

    boolean isWorking() {
        return working.get() > 0 && failures.isEmpty();
    }

    boolean hasFailed() {
        return !failures.isEmpty();
    }

    Queue<Throwable> failures() {
        return failures;
    }

    /** Ends what is left when all workers are gone. */
    void endAll() {
        inboxes.stream().flatMap(Queue::stream).flatMap(Optional::stream).forEach(BurnParcel::end);
    }
}
