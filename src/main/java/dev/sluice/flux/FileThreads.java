package dev.sluice.flux;

import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The scheduler of sources and sinks that may block: bounded elastic as Reactor's own, but not the same.
 *
 * <p>A thread of {@link Schedulers#boundedElastic()} that blocks until a source brings something, as a reader of {@link
 * BufferFlux#toInputStream} does, would wait for ever if that source had to run on the same threads, all of which wait.
 */
final class FileThreads {

    static final String NAME = "sluice-files";

    private static final int SECONDS_TO_LIVE = 60;

    private static @Nullable Scheduler shared;

    private FileThreads() {}

    /** Made when first needed, and anew if somebody has disposed of it. */
    static synchronized Scheduler scheduler() {
        Scheduler now = shared;
        if (now != null && !now.isDisposed()) {
            return now;
        }
        Scheduler made = Schedulers.newBoundedElastic(
                Schedulers.DEFAULT_BOUNDED_ELASTIC_SIZE,
                Schedulers.DEFAULT_BOUNDED_ELASTIC_QUEUESIZE,
                NAME,
                SECONDS_TO_LIVE,
                true);
        // A factory may be set for a while that makes others, such as those of virtual time in a test.
        shared = made.toString().contains(NAME) ? made : null;
        return made;
    }
}
