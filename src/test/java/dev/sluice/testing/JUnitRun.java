package dev.sluice.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.EngineFilter;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Runs classes of tests, and says which tests passed and what the others, and the classes, failed with. */
final class JUnitRun {

    private final Set<String> passed = Collections.synchronizedSet(new TreeSet<>());
    private final Map<String, Throwable> failed = Collections.synchronizedMap(new TreeMap<>());

    private JUnitRun() {}

    static JUnitRun of(Class<?>... classes) {
        return run(false, classes);
    }

    /** All tests and classes at once, as far as there are threads. */
    static JUnitRun inParallel(Class<?>... classes) {
        return run(true, classes);
    }

    private static JUnitRun run(boolean parallel, Class<?>... classes) {
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(Stream.of(classes).map(type -> selectClass(type)).toList())
                .filters(EngineFilter.includeEngines("junit-jupiter"))
                .configurationParameter("junit.jupiter.execution.parallel.enabled", "" + parallel)
                .configurationParameter("junit.jupiter.execution.parallel.mode.default", "concurrent")
                .configurationParameter("junit.jupiter.execution.parallel.config.strategy", "fixed")
                .configurationParameter("junit.jupiter.execution.parallel.config.fixed.parallelism", "4")
                .build();
        JUnitRun run = new JUnitRun();
        LauncherFactory.create().execute(request, run.listener());
        return run;
    }

    private TestExecutionListener listener() {
        return new TestExecutionListener() {
            @Override
            public void executionFinished(TestIdentifier identifier, TestExecutionResult result) {
                if (result.getThrowable().isPresent()) {
                    failed.put(
                            identifier.getDisplayName(), result.getThrowable().get());
                } else if (identifier.isTest()) {
                    passed.add(identifier.getDisplayName());
                }
            }
        };
    }

    JUnitRun passed(String... names) {
        assertThat(passed).as("passed; failed: %s", failed).containsExactlyInAnyOrder(names);
        return this;
    }

    JUnitRun failed(String... names) {
        assertThat(failed.keySet()).as("failed: %s", failed).containsExactlyInAnyOrder(names);
        return this;
    }

    List<String> failedNames() {
        return List.copyOf(failed.keySet());
    }

    /** The failure of a test or class, and those that it suppresses. */
    List<Throwable> failures(String name) {
        List<Throwable> all = new ArrayList<>();
        Throwable first = failed.get(name);
        assertThat(first).as("failure of %s", name).isNotNull();
        all.add(first);
        all.addAll(List.of(first.getSuppressed()));
        return all;
    }

    String message(String name) {
        return failures(name).get(0).getMessage();
    }
}
