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

    /** The ways to wait. */
    public enum Mode {
        /** As long as it takes. */
        FOREVER,

        /** For some time, then the sequence fails. */
        AT_MOST,

        /** The sequence fails at once. */
        NEVER
    }

    private static final WaitPolicy ALWAYS = new WaitPolicy(Mode.FOREVER, null);
    private static final WaitPolicy AT_NO_TIME = new WaitPolicy(Mode.NEVER, null);

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
        return ALWAYS;
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
        return new WaitPolicy(Mode.AT_MOST, limit);
    }

    /**
     * Takes what is free, and does not wait.
     *
     * @return the policy
     */
    public static WaitPolicy never() {
        return AT_NO_TIME;
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
     * @return the time; empty unless the mode is {@link Mode#AT_MOST}
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
        return mode == Mode.NEVER;
    }

    /** What was set below. */
    static WaitPolicy in(ContextView context) {
        return context.getOrDefault(WaitPolicy.class, ALWAYS);
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
            case FOREVER -> "forever";
            case AT_MOST -> "at most " + limit;
            case NEVER -> "never";
        };
    }
}
