package dev.sluice.samples.tcprelay;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Keeps account of all connections, open and ended. Any thread may tell and ask. */
final class Traffic {

    /** Is told of every connection that has ended or was not let in. */
    interface Listener {

        /** Why is empty if both sides had said all that they had to say. */
        void ended(Passage passage, String why);
    }

    private final Listener listener;
    private final Set<Passage> open = ConcurrentHashMap.newKeySet();
    private final LongAdder ended = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private final LongAdder endedToTarget = new LongAdder();
    private final LongAdder endedToClients = new LongAdder();

    Traffic(Listener listener) {
        this.listener = listener;
    }

    /**
     * What has passed up to now.
     *
     * @param open connections that there are
     * @param ended connections that have ended, for whatever reason
     * @param failed how many of these ended in an error
     * @param refused connections that were not let in
     * @param toTarget bytes from all clients to the target
     * @param toClients bytes from the target to all clients
     */
    record Totals(long open, long ended, long failed, long refused, long toTarget, long toClients) {}

    void begin(Passage passage) {
        open.add(passage);
    }

    /** Both sides had said all that they had to say, or the relay was stopped. Whoever says how it ended first is right. */
    void end(Passage passage) {
        if (open.remove(passage)) {
            count(passage, "");
        }
    }

    void fail(Passage passage, String why) {
        if (open.remove(passage)) {
            failed.increment();
            count(passage, why);
        }
    }

    private void count(Passage passage, String why) {
        endedToTarget.add(passage.toTarget().get());
        endedToClients.add(passage.toClient().get());
        ended.increment();
        listener.ended(passage, why);
    }

    void refuse(Passage passage, String why) {
        refused.increment();
        listener.ended(passage, why);
    }

    List<Passage> passages() {
        return List.copyOf(open);
    }

    Totals totals() {
        long toTarget = endedToTarget.sum();
        long toClients = endedToClients.sum();
        for (Passage passage : open) {
            toTarget += passage.toTarget().get();
            toClients += passage.toClient().get();
        }
        return new Totals(open.size(), ended.sum(), failed.sum(), refused.sum(), toTarget, toClients);
    }
}
