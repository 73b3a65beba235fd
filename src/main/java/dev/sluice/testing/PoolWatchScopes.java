package dev.sluice.testing;

import dev.sluice.BufferPool;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;

/** What one test or class has to do with each of several pools. */
final class PoolWatchScopes {

    private record Begun(BufferPool pool, PoolWatch watch, PoolWatch.Scope scope) {}

    private final String id;
    private final String name;
    private final Duration patience;
    private final List<Begun> begun = new ArrayList<>();

    PoolWatchScopes(ExtensionContext context, Duration patience) {
        this.id = context.getUniqueId();
        this.name = nameOf(context);
        this.patience = patience;
    }

    /** The class, and the method with what tells its repetitions apart. */
    private static String nameOf(ExtensionContext context) {
        String type = context.getTestClass().map(Class::getSimpleName).orElse("");
        if (context.getTestMethod().isEmpty()) {
            return type;
        }
        String method = context.getTestMethod().get().getName();
        String shown = context.getDisplayName();
        return type + "." + method + (shown.startsWith(method) ? "" : " " + shown);
    }

    synchronized void begin(BufferPool pool) {
        PoolWatch watch = PoolWatch.of(pool);
        begun.add(new Begun(pool, watch, watch.begin(pool, id, name)));
    }

    /** Ends all; throws the first failure, with the others suppressed. */
    void end() {
        AssertionError failure = null;
        for (Begun each : takeAll()) {
            String left = each.watch.end(each.pool, each.scope, patience);
            if (left != null) {
                failure = joined(failure, new AssertionError(left));
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private synchronized List<Begun> takeAll() {
        List<Begun> all = List.copyOf(begun);
        begun.clear();
        return all;
    }

    static AssertionError joined(@Nullable AssertionError first, AssertionError next) {
        if (first == null) {
            return next;
        }
        first.addSuppressed(next);
        return first;
    }
}
