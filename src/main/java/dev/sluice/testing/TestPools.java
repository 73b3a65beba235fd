package dev.sluice.testing;

import static dev.sluice.testing.Messages.message;

import dev.sluice.BufferPool;
import dev.sluice.PoolClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;

/** The pools that {@link PoolExtension} made for one test or class. */
final class TestPools {

    record Made(TestPoolSettings settings, BufferPool pool) {}

    private final PoolWatchScopes scopes;

    /** Guarded by this, as is the clock. */
    private final List<Made> made = new ArrayList<>();

    private @Nullable VirtualPoolClock clock;

    TestPools(ExtensionContext context, Duration patience) {
        scopes = new PoolWatchScopes(context, patience);
    }

    synchronized @Nullable Made find(String name) {
        return made.stream()
                .filter(each -> each.settings.name().equals(name))
                .findFirst()
                .orElse(null);
    }

    synchronized Made make(TestPoolSettings settings, @Nullable PoolClock virtual) {
        Made making = new Made(settings, settings.make(virtual == null ? PoolClock.system() : virtual));
        made.add(making);
        scopes.begin(making.pool);
        return making;
    }

    synchronized @Nullable VirtualPoolClock clock() {
        return clock;
    }

    synchronized VirtualPoolClock makeClock() {
        VirtualPoolClock making = VirtualPoolClock.create();
        clock = making;
        return making;
    }

    /** Lets a test of this class answer for what it leaves in these pools. */
    synchronized void shareWith(TestPools ofTest) {
        made.forEach(each -> ofTest.scopes.begin(each.pool));
    }

    /** Checks the pools that were used, then closes those that were made here: what is then charged has nobody. */
    void end() {
        AssertionError failure = null;
        try {
            scopes.end();
        } catch (AssertionError e) {
            failure = e;
        }
        for (Made each : close()) {
            long charged = each.pool.budget().used();
            if (charged != 0 && each.pool.stats().buffersInUse() == 0) {
                failure = PoolWatchScopes.joined(
                        failure,
                        new AssertionError(message(
                                "%,d bytes are still charged to the budget of pool '%s', which is closed and has "
                                        + "nothing"
                                        + " in flight",
                                charged, each.pool.name())));
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private synchronized List<Made> close() {
        made.forEach(each -> each.pool.close());
        return List.copyOf(made);
    }
}
