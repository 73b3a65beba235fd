package dev.sluice.testing;

import dev.sluice.BufferPool;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/**
 * Fails a test of JUnit 5 that leaves something of a pool: leases that it did not release, lost ones among them,
 * requests that wait, demand that was not taken back.
 *
 * <pre>{@code
 * @RegisterExtension
 * static final LeakCheck leaks = LeakCheck.of(POOL);
 * }</pre>
 *
 * <p>A test answers for the difference that it makes, after its {@code @AfterEach} methods. What comes back on other
 * threads is waited for, up to 5 s. In a static field, classes answer in the same way for what is left after their
 * {@code @AfterAll} methods, nested ones too. Of tests that use one pool at the same time, none can be told from the
 * others: the last of them to end fails, or the class that encloses them, and names them all.
 *
 * <p>With {@link dev.sluice.LeakDetection#EVERY}, the failure says of each lease where it was taken. Immutable and
 * thread-safe. {@link PoolExtension} makes the pool as well.
 */
public final class LeakCheck implements BeforeAllCallback, AfterAllCallback, BeforeEachCallback, AfterEachCallback {

    static final Duration DEFAULT_PATIENCE = Duration.ofSeconds(5);

    private final List<BufferPool> pools;
    private final Duration patience;

    private LeakCheck(List<BufferPool> pools, Duration patience) {
        this.pools = pools;
        this.patience = patience;
    }

    /**
     * Checks pools.
     *
     * @param pools at least one
     * @return an extension to register
     * @throws IllegalArgumentException if there is no pool
     */
    public static LeakCheck of(BufferPool... pools) {
        if (pools.length == 0) {
            throw new IllegalArgumentException("there is no pool to check");
        }
        return new LeakCheck(List.of(pools), DEFAULT_PATIENCE);
    }

    /**
     * Sets how long to wait for what comes back on other threads.
     *
     * @param patience at least 0; 5 s by default
     * @return an extension to register
     */
    public LeakCheck within(Duration patience) {
        return new LeakCheck(pools, Objects.requireNonNull(patience, "patience"));
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        begin(context);
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        begin(context);
    }

    @Override
    public void afterEach(ExtensionContext context) {
        end(context);
    }

    @Override
    public void afterAll(ExtensionContext context) {
        end(context);
    }

    private void begin(ExtensionContext context) {
        PoolWatchScopes scopes = new PoolWatchScopes(context, patience);
        pools.forEach(scopes::begin);
        store(context).put(context.getUniqueId(), scopes);
    }

    private void end(ExtensionContext context) {
        PoolWatchScopes scopes = store(context).remove(context.getUniqueId(), PoolWatchScopes.class);
        if (scopes != null) {
            scopes.end();
        }
    }

    private ExtensionContext.Store store(ExtensionContext context) {
        return context.getStore(Namespace.create(LeakCheck.class, this));
    }
}
