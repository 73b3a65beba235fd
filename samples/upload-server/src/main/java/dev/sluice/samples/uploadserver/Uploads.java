package dev.sluice.samples.uploadserver;

import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.LongAdder;

/** Keeps account of the uploads, and lets in only so many at a time. Any thread may tell and ask. */
final class Uploads {

    private final int most;
    private final Semaphore places;
    private final Set<Upload> running = ConcurrentHashMap.newKeySet();
    private final LongAdder stored = new LongAdder();
    private final LongAdder storedBytes = new LongAdder();
    private final LongAdder failed = new LongAdder();

    Uploads(int most) {
        this.most = most;
        this.places = new Semaphore(most);
    }

    /** Refuses with 503 what is too much. */
    void begin(Upload upload) {
        if (!places.tryAcquire()) {
            throw new Refusal(503, "%,d uploads are running; try again later", most);
        }
        running.add(upload);
    }

    void stored(Upload upload, long bytes) {
        if (end(upload)) {
            stored.increment();
            storedBytes.add(bytes);
        }
    }

    /** Counts for nothing if the upload has been stored. */
    void failed(Upload upload) {
        if (end(upload)) {
            failed.increment();
        }
    }

    private boolean end(Upload upload) {
        boolean ended = running.remove(upload);
        if (ended) {
            places.release();
        }
        return ended;
    }

    List<Upload.Seen> running() {
        return running.stream()
                .map(Upload::seen)
                .sorted(Comparator.comparing(Upload.Seen::seconds).reversed())
                .toList();
    }

    long stored() {
        return stored.sum();
    }

    long storedBytes() {
        return storedBytes.sum();
    }

    long failed() {
        return failed.sum();
    }
}
