package dev.sluice.samples.tcprelay;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;

/** What came back to the clients of one kind. Any thread may tell. */
final class DemoTally {

    private final LongAdder bytes = new LongAdder();
    private final Queue<Long> nanos = new ConcurrentLinkedQueue<>();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();

    void came(int length) {
        bytes.add(length);
    }

    /** So long for the way there and back. */
    void took(long elapsedNanos) {
        nanos.add(elapsedNanos);
    }

    void failed(String why) {
        failures.add(String.valueOf(why));
    }

    long bytes() {
        return bytes.sum();
    }

    List<String> failures() {
        return List.copyOf(failures);
    }

    int trips() {
        return nanos.size();
    }

    /** In milliseconds; 0 if there were none. */
    double medianMillis() {
        List<Long> sorted = new ArrayList<>(nanos);
        Collections.sort(sorted);
        return sorted.isEmpty() ? 0 : sorted.get(sorted.size() / 2) / 1e6;
    }
}
