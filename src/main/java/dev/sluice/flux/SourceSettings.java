package dev.sluice.flux;

import java.util.Objects;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * An opener, and how its sources are read: what the fluent methods of {@link ByteSource.Opener} return.
 *
 * @param name how reports of lost leases call the source
 * @param chunkSize the greatest length of a buffer; 0 for what the pool advises
 * @param scheduler where to open, read, emit and close
 */
record SourceSettings(ByteSource.Opener opener, String name, int chunkSize, Scheduler scheduler)
        implements ByteSource.Opener {

    static SourceSettings of(ByteSource.Opener opener) {
        Objects.requireNonNull(opener, "opener");
        return opener instanceof SourceSettings settings ? settings : blocking("source", opener);
    }

    /** For a source that may block. */
    static SourceSettings blocking(String name, ByteSource.Opener opener) {
        return new SourceSettings(opener, name, 0, FileThreads.scheduler());
    }

    /** For a source that never blocks. */
    static SourceSettings nonBlocking(String name, ByteSource.Opener opener) {
        return new SourceSettings(opener, name, 0, Schedulers.immediate());
    }

    SourceSettings withOpener(ByteSource.Opener other) {
        return new SourceSettings(SourceSettings.of(other).opener, name, chunkSize, scheduler);
    }

    SourceSettings withName(String newName) {
        return new SourceSettings(opener, Objects.requireNonNull(newName, "name"), chunkSize, scheduler);
    }

    SourceSettings withChunkSize(int newChunkSize) {
        Arguments.atLeast(1, newChunkSize, "chunkSize");
        return new SourceSettings(opener, name, newChunkSize, scheduler);
    }

    SourceSettings withScheduler(Scheduler newScheduler) {
        return new SourceSettings(opener, name, chunkSize, Objects.requireNonNull(newScheduler, "scheduler"));
    }

    @Override
    public ByteSource open(Runnable answered) throws Exception {
        return opener.open(answered);
    }
}
