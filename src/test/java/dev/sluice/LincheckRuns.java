package dev.sluice;

import java.lang.reflect.Method;
import java.util.ArrayList;
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
 * <p>Each run has a JVM of its own: Lincheck rewrites every class that is loaded, and on Java 17 a rewritten class has lost
 * the names of its parameters, which Spring needs.
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

    private enum Kind {
        MODEL_CHECKING,
        MODEL_CHECKING_LONG,
        STRESS,
        STRESS_LONG
    }

    /** Switches threads at one certain place after the other: finds what stress seldom hits, sees no weak memory. */
    static void modelCheck(Class<?> test, Class<?> model, String... scenarios) throws Exception {
        fork(Kind.MODEL_CHECKING, test, model, scenarios);
    }

    /** The same with scenarios that Lincheck makes up. */
    static void modelCheckLong(Class<?> test, Class<?> model) throws Exception {
        fork(Kind.MODEL_CHECKING_LONG, test, model);
    }

    /** Runs real threads through scenarios that Lincheck makes up: finds what the memory model allows, if it happens. */
    static void stress(Class<?> test, Class<?> model) throws Exception {
        fork(Kind.STRESS, test, model);
    }

    static void stressLong(Class<?> test, Class<?> model) throws Exception {
        fork(Kind.STRESS_LONG, test, model);
    }

    private static void fork(Kind kind, Class<?> test, Class<?> model, String... scenarios) throws Exception {
        Stream<String> arguments = Stream.of(kind.name(), test.getName(), model.getName());
        ForkedJvm.run(
                LincheckRuns.class,
                options(),
                Stream.concat(arguments, Stream.of(scenarios)).toArray(String[]::new));
    }

    /** Lincheck keeps the locks itself, so that the JVM knows of no thread that holds the ledger. */
    private static List<String> options() {
        List<String> options = new ArrayList<>(List.of("-da:dev.sluice.Ledger", "-da:dev.sluice.SizeClass"));
        if (Runtime.version().feature() >= 21) {
            options.add("-XX:+EnableDynamicAgentLoading");
        }
        return options;
    }

    /** In the other JVM: the kind, the test, its model, and scenarios. */
    public static void main(String[] arguments) throws ClassNotFoundException {
        LeaseWatches.watch(new Kept());
        Class<?> test = Class.forName(arguments[1]);
        Class<?> model = Class.forName(arguments[2]);
        switch (Kind.valueOf(arguments[0])) {
            case MODEL_CHECKING -> {
                ModelCheckingOptions options = modelChecking();
                Stream.of(arguments).skip(3).map(text -> scenario(test, text)).forEach(options::addCustomScenario);
                check(options, test, model, 0, INTERLEAVINGS);
            }
            case MODEL_CHECKING_LONG -> check(modelChecking(), test, model, LONG_SCENARIOS, LONG_INTERLEAVINGS);
            case STRESS -> check(new StressOptions(), test, model, STRESS_SCENARIOS, STRESS_RUNS);
            case STRESS_LONG -> check(new StressOptions(), test, model, LONG_SCENARIOS, LONG_STRESS_RUNS);
        }
        System.exit(0); // whatever Lincheck has left running
    }

    /** Is never lost, so the thread for lost leases runs before Lincheck looks, which would wait for its end. */
    private static final class Kept extends LeaseWatches.Remains {

        private static final Object WATCHED = new Object();

        Kept() {
            super(WATCHED, LeaseWatches.stripe());
        }

        @Override
        void recover() {}
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
                .addGuarantee(noStep(BufferPool.class, "stats"));
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
