package dev.sluice.samples.tcprelay;

import java.util.concurrent.atomic.AtomicLong;

/** One relayed connection: whose, since when, and how many bytes have passed each way. */
final class Passage {

    private final String client;
    private final long startNanos;
    private final AtomicLong toTarget = new AtomicLong();
    private final AtomicLong toClient = new AtomicLong();

    Passage(String client, long startNanos) {
        this.client = client;
        this.startNanos = startNanos;
    }

    String client() {
        return client;
    }

    long startNanos() {
        return startNanos;
    }

    AtomicLong toTarget() {
        return toTarget;
    }

    AtomicLong toClient() {
        return toClient;
    }
}
