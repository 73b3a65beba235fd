package dev.sluice.testing;

import static dev.sluice.testing.Messages.message;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Cancels, fails and delays at random signals, the same ones for the same seed: {@code flux.transform(chaos::apply)}.
 *
 * <p>At each buffer, each completion and each request of a sequence, a number is drawn that decides what becomes of it:
 *
 * <ul>
 *   <li><b>cancel</b>: what is above is cancelled, as {@code take} would, before or after the element; what is below
 *       completes;
 *   <li><b>error</b>: what is above is cancelled, before or after the element; what is below gets a
 *       {@link ChaosException};
 *   <li><b>delay</b>: the element or the completion comes some time later, on another thread; what follows it waits.
 * </ul>
 *
 * Elements that are not passed on are discarded; a {@link dev.sluice.PooledBuffer} among them is released. Requests are
 * passed on as they come, and never delayed.
 *
 * <p><b>The same again.</b> A seed decides by the number of the signal, of the subscription and of the call of {@code
 * apply}. Where those come in the same order, so does the chaos. {@link #rounds} tries many seeds and names the one
 * that failed.
 *
 * <p>Immutable but for the count of the calls, and thread-safe.
 */
public final class Chaos {

    private static final double DEFAULT_CANCEL = 0.01;
    private static final double DEFAULT_ERROR = 0.01;
    private static final double DEFAULT_DELAY = 0.05;
    private static final Duration DEFAULT_LONGEST = Duration.ofMillis(1);

    /** The odd number nearest to 2^64 over the golden ratio: successive multiples are spread evenly. */
    private static final long GOLDEN = 0x9E37_79B9_7F4A_7C15L;

    /** A test that is run with chaos. */
    @FunctionalInterface
    public interface Round {

        /**
         * Runs the test once.
         *
         * @param chaos what to apply; its seed is this round's
         * @throws Exception whatever fails the test
         */
        void run(Chaos chaos) throws Exception;
    }

    private final long seed;
    private final Odds odds;
    private final Scheduler scheduler;
    private final AtomicInteger applied = new AtomicInteger();

    /**
     * How likely what is, at each signal.
     *
     * @param cancel from 0 to 1
     * @param error from 0 to 1
     * @param delay from 0 to 1
     * @param longestNanos how long a delay lasts at most
     */
    record Odds(double cancel, double error, double delay, long longestNanos) {}

    private Chaos(long seed, Odds odds, Scheduler scheduler) {
        this.seed = seed;
        this.odds = odds;
        this.scheduler = scheduler;
    }

    /**
     * Starts with a seed: one signal in 100 is cancelled at, one in 100 fails, and one in 20 is delayed by up to 1 ms
     * on {@link Schedulers#parallel()}.
     *
     * @param seed any number
     * @return chaos to configure and apply
     */
    public static Chaos seed(long seed) {
        return new Chaos(
                seed,
                new Odds(DEFAULT_CANCEL, DEFAULT_ERROR, DEFAULT_DELAY, DEFAULT_LONGEST.toNanos()),
                Schedulers.parallel());
    }

    /**
     * The seed.
     *
     * @return what {@link #seed(long)} was given
     */
    public long seed() {
        return seed;
    }

    /**
     * Sets how often to cancel.
     *
     * @param probability at each signal, from 0 to 1
     * @return chaos with the same seed
     * @throws IllegalArgumentException if that is not from 0 to 1
     */
    public Chaos cancel(double probability) {
        return with(new Odds(checked("cancel", probability), odds.error, odds.delay, odds.longestNanos));
    }

    /**
     * Sets how often to fail.
     *
     * @param probability at each signal, from 0 to 1
     * @return chaos with the same seed
     * @throws IllegalArgumentException if that is not from 0 to 1
     */
    public Chaos error(double probability) {
        return with(new Odds(odds.cancel, checked("error", probability), odds.delay, odds.longestNanos));
    }

    /**
     * Sets how often to delay, and by how much.
     *
     * @param probability at each element and completion, from 0 to 1
     * @param longest the longest delay, above 0
     * @return chaos with the same seed
     * @throws IllegalArgumentException if the probability is not from 0 to 1, or the longest delay is not above 0
     */
    public Chaos delay(double probability, Duration longest) {
        if (longest.isNegative() || longest.isZero()) {
            throw new IllegalArgumentException("the longest delay must be above 0, not " + longest);
        }
        return with(new Odds(odds.cancel, odds.error, checked("delay", probability), longest.toNanos()));
    }

    /**
     * Sets where elements and completions come from after a delay.
     *
     * @param scheduler its time is the time of the delays
     * @return chaos with the same seed
     */
    public Chaos on(Scheduler scheduler) {
        return new Chaos(seed, odds, Objects.requireNonNull(scheduler, "scheduler"));
    }

    private Chaos with(Odds odds) {
        return new Chaos(seed, odds, scheduler);
    }

    private static double checked(String what, double probability) {
        if (!(probability >= 0 && probability <= 1)) {
            throw new IllegalArgumentException(
                    message("the probability of %s must be from 0 to 1, not %s", what, probability));
        }
        return probability;
    }

    /**
     * Puts chaos into a sequence.
     *
     * @param source the sequence
     * @param <T> the type of its elements
     * @return the same elements, in order, as long as chaos lets them pass; a {@code BufferFlux} is brought back with
     *     {@code BufferFlux.from}
     * @throws IllegalArgumentException if the probabilities are more than 1 together
     */
    public <T> Flux<T> apply(Flux<T> source) {
        if (odds.cancel + odds.error + odds.delay > 1) {
            throw new IllegalArgumentException(message(
                    "the probabilities of cancel %s, error %s and delay %s are more than 1 together",
                    odds.cancel, odds.error, odds.delay));
        }
        return new ChaosFlux<>(source, this, seed + GOLDEN * applied.incrementAndGet());
    }

    /**
     * Runs a test with one seed after the other, this one's first, until a round fails.
     *
     * @param rounds how often, at least 1
     * @param round the test
     * @throws AssertionError if a round throws; the message has its seed and what it threw, which is the cause
     */
    public void rounds(int rounds, Round round) {
        if (rounds < 1) {
            throw new IllegalArgumentException(message("there must be at least 1 round, not %,d", rounds));
        }
        for (int i = 0; i < rounds; i++) {
            Chaos chaos = new Chaos(seed + i * GOLDEN, odds, scheduler);
            try {
                round.run(chaos);
            } catch (Throwable e) {
                throw new AssertionError(
                        message(
                                "round %,d of %,d failed; Chaos.seed(%dL) begins with it: %s",
                                i + 1, rounds, chaos.seed, e),
                        e);
            }
        }
    }

    Odds odds() {
        return odds;
    }

    Scheduler scheduler() {
        return scheduler;
    }

    @Override
    public String toString() {
        return message("Chaos.seed(%dL)", seed);
    }
}
