package dev.sluice;

import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A piece of native memory, as Java 22 and later can have it: freed at once and safely, since the JVM turns the use of
 * a stale view into an {@link IllegalStateException}.
 *
 * <p>Memory that is dropped without being freed (a lost lease, a pool that was forgotten) is left to the collector:
 * every view refers to the one segment, and the arena is closed when that is garbage. Where a shared arena cannot be
 * made or closed, as in a native image, or where no thread can be had to clean up, there is none of these.
 */
final class NativeArena implements NativeMemory {

    private final NativeArenaCalls calls;
    private final Object arena;
    private final ByteBuffer buffer;

    private NativeArena(NativeArenaCalls calls, Object arena, Object segment) {
        this.calls = calls;
        this.arena = arena;
        this.buffer = calls.buffer(segment);
    }

    /** Allocates zeroed memory, or returns null where the JVM has no arenas that can be closed. */
    static @Nullable NativeArena allocate(int bytes) {
        NativeArenaCalls calls = Closing.CALLS;
        Cleaner cleaner = calls == null ? null : Cleaning.cleaner();
        if (calls == null || cleaner == null) {
            return null;
        }
        Object arena = calls.ofShared();
        try {
            Object segment = calls.allocate(arena, bytes, ALIGNMENT);
            NativeArena memory = new NativeArena(calls, arena, segment);
            cleaner.register(segment, () -> close(calls, arena));
            return memory;
        } catch (Throwable e) {
            close(calls, arena);
            throw e;
        }
    }

    @Override
    public ByteBuffer buffer() {
        return buffer;
    }

    /** Frees the memory now, unless a stale view is in the middle of a system call; says whether it did. */
    @Override
    public boolean free() {
        return close(calls, arena);
    }

    /** An arena that cannot be closed now is closed by the collector. */
    private static boolean close(NativeArenaCalls calls, Object arena) {
        if (!calls.isAlive(arena)) {
            return true;
        }
        try {
            calls.close(arena);
            return true;
        } catch (IllegalStateException e) {
            System.getLogger("dev.sluice")
                    .log(System.Logger.Level.DEBUG, "memory is in use by a stale view; freed later", e);
            return false;
        }
    }

    /** Goes once through all calls, which the JVM links when they are first made: see {@link PoolRehearsal}. */
    static boolean rehearse() {
        return Closing.CALLS != null;
    }

    /** Whether this JVM closes shared arenas: tried once. */
    private static final class Closing {

        static final @Nullable NativeArenaCalls CALLS = callsIfTheyWork();

        private static @Nullable NativeArenaCalls callsIfTheyWork() {
            try {
                NativeArenaCalls calls = NativeArenaCalls.find();
                return calls == null || works(calls) ? calls : null;
            } catch (RuntimeException | Error e) {
                System.getLogger("dev.sluice")
                        .log(System.Logger.Level.INFO, "direct memory is left to the collector on this JVM", e);
                return null;
            }
        }

        private static boolean works(NativeArenaCalls calls) {
            Object arena = calls.ofShared();
            try {
                return calls.buffer(calls.allocate(arena, 1, ALIGNMENT)).isDirect() && calls.isAlive(arena);
            } finally {
                calls.close(arena);
            }
        }
    }

    /**
     * The cleaner for memory that nobody freed. Its thread is the JDK's, which inherits nothing and refers to nothing
     * here.
     */
    private static final class Cleaning {

        private static volatile @Nullable Cleaner cleaner;

        /** Null if no thread can be had now: the next slab tries again. */
        static @Nullable Cleaner cleaner() {
            Cleaner there = cleaner;
            return there != null ? there : make();
        }

        private static synchronized @Nullable Cleaner make() {
            Cleaner there = cleaner;
            if (there == null) {
                try {
                    there = Cleaner.create();
                    cleaner = there;
                } catch (RuntimeException | Error e) {
                    EventLogOnce.TROUBLE.warn("there is no thread to clean up direct memory; the collector does", e);
                }
            }
            return there;
        }
    }
}
