package dev.sluice.flux;

import java.util.Objects;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * An opener, and how its sinks are written to: what {@link ByteSink.Opener#on} returns.
 *
 * @param scheduler where to open, write, commit and abort
 */
record SinkSettings(ByteSink.Opener opener, Scheduler scheduler) implements ByteSink.Opener {

    static SinkSettings of(ByteSink.Opener opener) {
        Objects.requireNonNull(opener, "opener");
        return opener instanceof SinkSettings settings ? settings : blocking(opener);
    }

    /** For a sink that may block. */
    static SinkSettings blocking(ByteSink.Opener opener) {
        return new SinkSettings(opener, FileThreads.scheduler());
    }

    /** For a sink that never blocks. */
    static SinkSettings nonBlocking(ByteSink.Opener opener) {
        return new SinkSettings(opener, Schedulers.immediate());
    }

    SinkSettings withScheduler(Scheduler newScheduler) {
        return new SinkSettings(opener, Objects.requireNonNull(newScheduler, "scheduler"));
    }

    @Override
    public ByteSink open(Runnable answered) throws Exception {
        return opener.open(answered);
    }
}
