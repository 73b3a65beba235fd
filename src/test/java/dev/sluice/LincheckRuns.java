package dev.sluice;

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

    private LincheckRuns() {}

    /** Explores interleavings one by one: finds what needs a switch at one certain place, sees no weak memory. */
    static void modelCheck(Class<?> test, Class<?> model, int scenarios, int interleavings) {
        check(
                new ModelCheckingOptions()
                        .loopBound(LOOP_BOUND)
                        .addGuarantee(oneStepEach("java.util."))
                        .addGuarantee(noStep(BufferPool.class, "<init>"))
                        .addGuarantee(noStep(BufferPoolBuilder.class, "build"))
                        .addGuarantee(noStep(BufferPool.class, "stats"))
                        .addGuarantee(noStep(Ledger.class, "idleSlabsWithin")),
                test,
                model,
                scenarios,
                interleavings);
    }

    /** Runs real threads: finds what the memory model allows, if it happens. */
    static void stress(Class<?> test, Class<?> model, int scenarios, int runs) {
        check(new StressOptions(), test, model, scenarios, runs);
    }

    private static void check(Options<?, ?> options, Class<?> test, Class<?> model, int scenarios, int runs) {
        options.iterations(Integer.getInteger("it", scenarios));
        options.invocationsPerIteration(Integer.getInteger("inv", runs));
        options.threads(2);
        options.actorsPerThread(3);
        options.actorsBefore(0);
        options.actorsAfter(0);
        options.sequentialSpecification(model);
        options.check(test);
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
}
