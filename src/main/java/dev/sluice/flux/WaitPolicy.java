package dev.sluice.flux;

import dev.sluice.PoolExhaustedException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/**
 * How long a sequence waits for memory when the pool has none: {@link #forever()}, {@link #atMost} or {@link #never()}.
 *
 * <p>{@link BufferFlux#waiting} sets it for all that takes memory above, sources and operators; {@link
 * ByteSource.Opener#waiting} for one source, which goes before that. What is not told waits for ever. Waiting takes no
 * thread.
 *
 * <p>A wait is for one buffer; a pipeline that takes memory at several places also waits once to begin, until what it
 * needs at least is kept in reserve. A wait that is over, or that is not wanted, ends the sequence with {@link
 * PoolExhaustedException}, whose message has the pool's numbers; what was waited for is given up. An error that no wait
 * would mend, such as a closed pool, comes whatever the policy is.
 *
 * <p>Immutable and thread-safe.
 */
public final class WaitPolicy {

    /** The ways to wait, as settings name them: in Spring Boot, {@code sluice.exhaustion.policy}. */
    public enum Mode {
        /** Waits its turn, for as long as it takes: {@link WaitPolicy#forever()}. */
        WAIT,

        /** Waits its turn for some time, then fails: {@link WaitPolicy#atMost}. */
        DEADLINE,

        /** Fails at once: {@link WaitPolicy#never()}. */
        REFUSE
    }

    private static final WaitPolicy FOREVER = new WaitPolicy(Mode.WAIT, null);
    private static final WaitPolicy NEVER = new WaitPolicy(Mode.REFUSE, null);

    private final Mode mode;
    private final @Nullable Duration limit;

    private WaitPolicy(Mode mode, @Nullable Duration limit) {
        this.mode = mode;
        this.limit = limit;
    }

    /**
     * Waits as long as it takes.
     *
     * @return the policy that holds where none is set
     */
    public static WaitPolicy forever() {
        return FOREVER;
    }

    /**
     * Waits for some time, by the pool's clock.
     *
     * @param limit how long to wait for one buffer, above 0
     * @return a policy
     * @throws IllegalArgumentException if the time is not above 0
     */
    public static WaitPolicy atMost(Duration limit) {
        Arguments.nanos(limit, "a wait");
        return new WaitPolicy(Mode.DEADLINE, limit);
    }

    /**
     * Takes what is free, and does not wait.
     *
     * @return the policy
     */
    public static WaitPolicy never() {
        return NEVER;
    }

    /**
     * Which way it is.
     *
     * @return the way
     */
    public Mode mode() {
        return mode;
    }

    /**
     * How long it waits for one buffer.
     *
     * @return the time; empty unless the mode is {@link Mode#DEADLINE}
     */
    public Optional<Duration> limit() {
        return Optional.ofNullable(limit);
    }

    /** How long to wait, for {@link dev.sluice.BufferPool#request}; null: for ever. */
    @Nullable Duration patience() {
        return limit;
    }

    /** The same in nanoseconds, as far as a {@code long} goes. */
    long nanos() {
        return limit == null ? Long.MAX_VALUE : Arguments.nanos(limit, "a wait");
    }

    boolean isNever() {
        return mode == Mode.REFUSE;
    }

    /** What was set below. */
    static WaitPolicy in(ContextView context) {
        return context.<WaitPolicy>getOrEmpty(WaitPolicy.class).orElse(FOREVER);
    }

    Context putInto(Context context) {
        return context.put(WaitPolicy.class, this);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof WaitPolicy policy && policy.mode == mode && Objects.equals(policy.limit, limit);
    }

    @Override
    public int hashCode() {
        return Objects.hash(mode, limit);
    }

    @Override
    public String toString() {
        return switch (mode) {
            case WAIT -> "forever";
            case DEADLINE -> "at most " + limit;
            case REFUSE -> "never";
        };
    }
}
