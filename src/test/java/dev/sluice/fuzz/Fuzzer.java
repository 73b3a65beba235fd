package dev.sluice.fuzz;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.Consumer;

/**
 * Runs one target for some time, on a thread of its own, which is watched: an input that takes longer than the patience
 * is a failure, with the stack of the thread.
 */
final class Fuzzer {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int STEP_MILLIS = 10;

    private final String target;
    private final Random random;
    private final long longestNanos;
    private final long silenceNanos;
    private final Duration patience;

    private volatile byte[] current = {};
    private volatile long currentSince = System.nanoTime();
    private volatile Throwable failure;
    private volatile String report = "";

    /** Ends after a time, or earlier when nothing new was found for some time. */
    Fuzzer(Class<? extends FuzzTarget> target, long seed, Duration longest, Duration silence) {
        this(target, seed, longest, silence, PATIENCE);
    }

    Fuzzer(Class<? extends FuzzTarget> target, long seed, Duration longest, Duration silence, Duration patience) {
        this.target = target.getName();
        this.random = new Random(seed);
        this.longestNanos = longest.toNanos();
        this.silenceNanos = silence.toNanos();
        this.patience = patience;
    }

    /** How many inputs there were, and what they reached. */
    String run() throws InterruptedException {
        Thread thread = new Thread(this::work, "fuzz");
        thread.setDaemon(true);
        thread.start();
        while (thread.isAlive()) {
            thread.join(STEP_MILLIS);
            if (System.nanoTime() - currentSince > patience.toNanos() && thread.isAlive()) {
                AssertionError hang = new AssertionError(said("is not done after " + patience));
                hang.setStackTrace(thread.getStackTrace());
                throw hang;
            }
        }
        if (failure != null) {
            throw new AssertionError(said("failed"), failure);
        }
        return report;
    }

    private String said(String what) {
        return String.format(
                Locale.ROOT, "%s %s on %s", target, what, HexFormat.of().formatHex(current));
    }

    private void work() {
        try {
            CoveredClasses classes = new CoveredClasses();
            Object made = classes.loadClass(target).getDeclaredConstructor().newInstance();
            try (AutoCloseable closed = (AutoCloseable) made) {
                fuzz(classes, inputs(made, "seeds"), inputs(made, "words"), consumer(made));
            }
        } catch (Throwable e) { // whatever the target throws is what is looked for
            failure = e;
        }
    }

    private void fuzz(CoveredClasses classes, List<byte[]> seeds, List<byte[]> words, Consumer<byte[]> accept) {
        List<byte[]> corpus = new ArrayList<>(List.of(new byte[0]));
        for (byte[] seed : seeds) {
            run(accept, seed);
            corpus.add(seed);
        }
        classes.isNew();
        Mutator mutator = new Mutator(random, words);
        long start = System.nanoTime();
        long found = start;
        long inputs = seeds.size();
        while (currentSince - start < longestNanos && currentSince - found < silenceNanos) {
            byte[] input = mutator.mutate(corpus);
            run(accept, input);
            inputs++;
            if (classes.isNew()) {
                corpus.add(input);
                found = currentSince;
            }
        }
        report = String.format(
                Locale.ROOT,
                "%s: %,d inputs in %,d ms, %d kept, %,d places reached",
                target,
                inputs,
                Duration.ofNanos(System.nanoTime() - start).toMillis(),
                corpus.size(),
                Probes.passed());
    }

    private void run(Consumer<byte[]> accept, byte[] input) {
        current = input;
        currentSince = System.nanoTime();
        accept.accept(input.clone());
    }

    @SuppressWarnings("unchecked")
    private static Consumer<byte[]> consumer(Object made) {
        return (Consumer<byte[]>) made;
    }

    @SuppressWarnings("unchecked")
    private static List<byte[]> inputs(Object made, String method) throws ReflectiveOperationException {
        return (List<byte[]>) made.getClass().getMethod(method).invoke(made);
    }

    /** The hour: {@code TARGET SECONDS}, with a seed of its own; all targets one after the other without a name. */
    public static void main(String[] arguments) throws InterruptedException {
        Duration longest = Duration.ofSeconds(arguments.length > 1 ? Long.parseLong(arguments[1]) : 3_600);
        for (Class<? extends FuzzTarget> target : FuzzTest.targets().toList()) {
            if (arguments.length == 0 || target.getSimpleName().equalsIgnoreCase("Fuzz" + arguments[0])) {
                long seed = System.nanoTime();
                System.out.println(target.getSimpleName() + " with the seed " + seed);
                System.out.println(new Fuzzer(target, seed, longest, longest).run());
            }
        }
    }
}
