package dev.sluice.flux;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * An opener, and how its sources are read: what the fluent methods of {@link ByteSource.Opener} return.
 *
 * @param name how reports of lost leases call the source
 * @param chunkSize the greatest length of a buffer; 0 for what the pool advises
 * @param scheduler where to open, read, emit and close
 * @param policy how to wait for memory; null: as is set below
 */
record SourceSettings(
        ByteSource.Opener opener,
        String name,
        int chunkSize,
        Scheduler scheduler,
        @Nullable WaitPolicy policy) implements ByteSource.Opener {

    static SourceSettings of(ByteSource.Opener opener) {
        Objects.requireNonNull(opener, "opener");
        return opener instanceof SourceSettings settings ? settings : blocking("source", opener);
    }

    /** For a source that may block. */
    static SourceSettings blocking(String name, ByteSource.Opener opener) {
        return new SourceSettings(opener, name, 0, FileThreads.scheduler(), null);
    }

    /** For a source that never blocks. */
    static SourceSettings nonBlocking(String name, ByteSource.Opener opener) {
        return new SourceSettings(opener, name, 0, Schedulers.immediate(), null);
    }

    SourceSettings withOpener(ByteSource.Opener other) {
        return new SourceSettings(SourceSettings.of(other).opener, name, chunkSize, scheduler, policy);
    }

    SourceSettings withName(String newName) {
        return new SourceSettings(opener, Objects.requireNonNull(newName, "name"), chunkSize, scheduler, policy);
    }

    SourceSettings withChunkSize(int newChunkSize) {
        Arguments.atLeast(1, newChunkSize, "chunkSize");
        return new SourceSettings(opener, name, newChunkSize, scheduler, policy);
    }

    SourceSettings withScheduler(Scheduler newScheduler) {
        return new SourceSettings(opener, name, chunkSize, Objects.requireNonNull(newScheduler, "scheduler"), policy);
    }

    SourceSettings withPolicy(WaitPolicy newPolicy) {
        return new SourceSettings(opener, name, chunkSize, scheduler, Objects.requireNonNull(newPolicy, "policy"));
    }

    @Override
    public ByteSource open(Runnable answered) throws Exception {
        return opener.open(answered);
    }
}
