package dev.sluice.testing;

import static dev.sluice.testing.Messages.message;

import dev.sluice.BufferPool;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives each test of JUnit 5 a {@link BufferPool} of its own, in which every lease is watched, and fails the test that
 * leaves something of it.
 *
 * <pre>{@code
 * @ExtendWith(PoolExtension.class)
 * class UploadTest {
 *
 *     @Test
 *     void uploads(BufferPool pool) { ... }
 * }
 * }</pre>
 *
 * <p>The parameter may stand at the test, at its {@code @BeforeEach} and {@code @AfterEach} methods and at the
 * constructor, all of which get the same pool. A pool that is asked for by {@code @BeforeAll}, or by the constructor of
 * a class with one instance for all its tests, belongs to the class: every test gets it, and answers for it as
 * {@link LeakCheck} says. {@link TestPool} configures it. A parameter of type {@link VirtualPoolClock} gets the clock
 * of pools with {@code virtualTime}.
 *
 * <p>When the test ends, after its {@code @AfterEach} methods, its pools are checked, and waited for as by
 * {@code LeakCheck}; then they are closed, and their budgets must be empty. Thread-safe.
 */
public final class PoolExtension implements ParameterResolver, BeforeEachCallback, AfterEachCallback, AfterAllCallback {

    private static final Namespace OURS = Namespace.create(PoolExtension.class);

    private final Duration patience;

    /** Waits for up to 5 s. For {@code @ExtendWith}, and for {@code @RegisterExtension}. */
    public PoolExtension() {
        this(LeakCheck.DEFAULT_PATIENCE);
    }

    private PoolExtension(Duration patience) {
        this.patience = patience;
    }

    /**
     * Sets how long to wait for what comes back on other threads.
     *
     * @param patience at least 0; 5 s by default
     * @return an extension for {@code @RegisterExtension}
     */
    public PoolExtension within(Duration patience) {
        return new PoolExtension(Objects.requireNonNull(patience, "patience"));
    }

    /**
     * {@inheritDoc}
     *
     * <p>A pool of the constructor belongs to the test, not to the class, from JUnit 5.12 on.
     */
    @Override
    public ExtensionContextScope getTestInstantiationExtensionContextScope(ExtensionContext rootContext) {
        return ExtensionContextScope.TEST_METHOD;
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return type == BufferPool.class || type == VirtualPoolClock.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        if (parameter.getParameter().getType() == VirtualPoolClock.class) {
            return clockFor(context);
        }
        TestPoolSettings settings = parameter
                .findAnnotation(TestPool.class)
                .map(TestPoolSettings::of)
                .orElse(TestPoolSettings.DEFAULT);
        TestPools.Made made = find(context, settings.name());
        if (made == null) {
            made = poolsOf(context).make(settings, settings.virtualTime() ? clockFor(context) : null);
        } else if (!settings.isDefault() && !made.settings().equals(settings)) {
            throw new ParameterResolutionException(message(
                    "%s: pool '%s' is %s already, not %s",
                    parameter.getDeclaringExecutable(), settings.name(), made.settings(), settings));
        }
        return made.pool();
    }

    /** The pool of that name of a test, or of a class around it. */
    private static TestPools.@Nullable Made find(ExtensionContext from, String name) {
        for (Optional<ExtensionContext> each = Optional.of(from);
                each.isPresent();
                each = each.get().getParent()) {
            TestPools pools = existing(each.get());
            TestPools.Made made = pools == null ? null : pools.find(name);
            if (made != null) {
                return made;
            }
        }
        return null;
    }

    private VirtualPoolClock clockFor(ExtensionContext from) {
        for (Optional<ExtensionContext> each = Optional.of(from);
                each.isPresent();
                each = each.get().getParent()) {
            TestPools pools = existing(each.get());
            VirtualPoolClock clock = pools == null ? null : pools.clock();
            if (clock != null) {
                return clock;
            }
        }
        return poolsOf(from).makeClock();
    }

    private static @Nullable TestPools existing(ExtensionContext context) {
        return context.getStore(OURS).get(context.getUniqueId(), TestPools.class);
    }

    private TestPools poolsOf(ExtensionContext context) {
        return context.getStore(OURS)
                .getOrComputeIfAbsent(context.getUniqueId(), id -> new TestPools(context, patience), TestPools.class);
    }

    /** Lets the test answer for the pools of the classes around it. */
    @Override
    public void beforeEach(ExtensionContext context) {
        for (Optional<ExtensionContext> each = context.getParent();
                each.isPresent();
                each = each.get().getParent()) {
            TestPools pools = existing(each.get());
            if (pools != null) {
                pools.shareWith(poolsOf(context));
            }
        }
    }

    @Override
    public void afterEach(ExtensionContext context) {
        end(context);
    }

    @Override
    public void afterAll(ExtensionContext context) {
        end(context);
    }

    private static void end(ExtensionContext context) {
        TestPools pools = context.getStore(OURS).remove(context.getUniqueId(), TestPools.class);
        if (pools != null) {
            pools.end();
        }
    }
}
