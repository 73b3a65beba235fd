package dev.sluice;

import java.lang.reflect.Method;
import java.util.List;
import java.util.stream.Stream;
import org.jetbrains.kotlinx.lincheck.Actor;
import org.jetbrains.kotlinx.lincheck.execution.ExecutionScenario;
import org.jetbrains.lincheck.datastructures.ManagedStrategyGuarantee;
import org.jetbrains.lincheck.datastructures.ManagedStrategyGuaranteeKt;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Options;
import org.jetbrains.lincheck.datastructures.StressOptions;

/**
 * How the engine is put to Lincheck: its own classes are interleaved at every access, what they use of {@code java.util}
 * is one step, and making a pool is none.
 *
 * <p>Scenarios have a parallel part only. The first and the last part of a Lincheck scenario run on a thread of their
 * own, whose leases nobody else could release.
 */
final class LincheckRuns {

    /** More than there are size classes: a loop over all of them is no livelock. */
    private static final int LOOP_BOUND = 1_000;

    private static final int INTERLEAVINGS = 200;
    private static final int STRESS_SCENARIOS = 20;
    private static final int STRESS_RUNS = 200;

    private static final int LONG_SCENARIOS = 200;
    private static final int LONG_INTERLEAVINGS = 2_000;
    private static final int LONG_STRESS_RUNS = 10_000;

    private LincheckRuns() {}

    /** Switches threads at one certain place after the other: finds what stress seldom hits, sees no weak memory. */
    static void modelCheck(Class<?> test, Class<?> model, String... scenarios) {
        ModelCheckingOptions options = modelChecking();
        Stream.of(scenarios).map(text -> scenario(test, text)).forEach(options::addCustomScenario);
        check(options, test, model, 0, INTERLEAVINGS);
    }

    /** The same with scenarios that Lincheck makes up. */
    static void modelCheckLong(Class<?> test, Class<?> model) {
        check(modelChecking(), test, model, LONG_SCENARIOS, LONG_INTERLEAVINGS);
    }

    /** Runs real threads through scenarios that Lincheck makes up: finds what the memory model allows, if it happens. */
    static void stress(Class<?> test, Class<?> model) {
        check(new StressOptions(), test, model, STRESS_SCENARIOS, STRESS_RUNS);
    }

    static void stressLong(Class<?> test, Class<?> model) {
        check(new StressOptions(), test, model, LONG_SCENARIOS, LONG_STRESS_RUNS);
    }

    private static void check(Options<?, ?> options, Class<?> test, Class<?> model, int scenarios, int runs) {
        options.iterations(scenarios);
        options.invocationsPerIteration(runs);
        options.threads(2);
        options.actorsPerThread(3);
        options.actorsBefore(0);
        options.actorsAfter(0);
        options.sequentialSpecification(model);
        options.check(test);
    }

    private static ModelCheckingOptions modelChecking() {
        return new ModelCheckingOptions()
                .loopBound(LOOP_BOUND)
                .addGuarantee(oneStepEach("java.util."))
                .addGuarantee(noStep(BufferPool.class, "<init>"))
                .addGuarantee(noStep(BufferPoolBuilder.class, "build"))
                .addGuarantee(noStep(BufferPool.class, "stats"))
                .addGuarantee(noStep(Ledger.class, "idleSlabsWithin"));
    }

    /** Not the functions: what a lambda of the engine does may take a lock, which no single step can wait for. */
    private static ManagedStrategyGuarantee oneStepEach(String prefix) {
        return ManagedStrategyGuaranteeKt.forClasses(name -> name.startsWith(prefix)
                        && !name.startsWith("java.util.concurrent.")
                        && !name.startsWith("java.util.function."))
                .allMethods()
                .treatAsAtomic();
    }

    private static ManagedStrategyGuarantee noStep(Class<?> type, String method) {
        return ManagedStrategyGuaranteeKt.forClasses(type.getName())
                .methods(method)
                .ignore();
    }

    /** What two threads do, as in {@code "acquire 1 0 2, release 1 | clear 0"}, and then the test's {@code account}. */
    private static ExecutionScenario scenario(Class<?> test, String text) {
        List<List<Actor>> threads = Stream.of(text.split(" \\| "))
                .map(thread -> Stream.of(thread.split(", "))
                        .map(call -> actor(test, call))
                        .toList())
                .toList();
        return new ExecutionScenario(List.of(), threads, List.of(), actor(test, "account"));
    }

    /** A call of a public method without overloads, all of whose parameters are numbers. */
    private static Actor actor(Class<?> test, String call) {
        String[] words = call.split(" ");
        Method method = Stream.of(test.getMethods())
                .filter(candidate -> candidate.getName().equals(words[0]))
                .findAny()
                .orElseThrow();
        return new Actor(method, Stream.of(words).skip(1).map(Integer::valueOf).toList());
    }
}
