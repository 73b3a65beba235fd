package dev.sluice;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A piece of native memory, as Java 22 and later can have it: freed at once and safely, since the JVM turns the use of
 * a stale view into an {@link IllegalStateException}.
 *
 * <p>Memory that is dropped without being freed (a lost lease, a pool that was forgotten) is left to the collector:
 * every view refers to the one segment, and the arena is closed when that is garbage. Where a shared arena cannot be
 * made or closed, as in a native image, or where no thread can be had to clean up, memory is left to the collector in
 * any case.
 */
final class NativeMemory {

    private static final long ALIGNMENT = 64;

    /** Null if only the collector frees the memory. */
    private final @Nullable Arena arena;

    private final ByteBuffer buffer;

    private NativeMemory(@Nullable Arena arena, MemorySegment segment) {
        this.arena = arena;
        this.buffer = segment.asByteBuffer();
    }

    /**
     * Allocates zeroed memory.
     *
     * @param bytes how much, from 1 to {@link Integer#MAX_VALUE}
     * @param unsafeFree no matter here
     * @throws OutOfMemoryError if the machine refuses; the JVM's limit for direct buffers does not count arenas
     */
    @SuppressWarnings("MustBeClosedChecker") // closed by free(), or by the cleaner
    static NativeMemory allocate(int bytes, boolean unsafeFree) {
        Cleaner cleaner = Closing.IS_POSSIBLE ? Cleaning.cleaner() : null;
        if (cleaner == null) {
            return new NativeMemory(null, Arena.ofAuto().allocate(bytes, ALIGNMENT));
        }
        Arena arena = Arena.ofShared();
        try {
            MemorySegment segment = arena.allocate(bytes, ALIGNMENT);
            NativeMemory memory = new NativeMemory(arena, segment);
            cleaner.register(segment, () -> close(arena));
            return memory;
        } catch (Throwable e) {
            close(arena);
            throw e;
        }
    }

    ByteBuffer buffer() {
        return buffer;
    }

    /** Frees the memory now, unless a stale view is in the middle of a system call; says whether it did. */
    boolean free() {
        return arena != null && close(arena);
    }

    /** An arena that cannot be closed now is closed by the collector. */
    private static boolean close(Arena arena) {
        if (!arena.scope().isAlive()) {
            return true;
        }
        try {
            arena.close();
            return true;
        } catch (IllegalStateException e) {
            System.getLogger("dev.sluice")
                    .log(System.Logger.Level.DEBUG, "memory is in use by a stale view; freed later", e);
            return false;
        }
    }

    /** Whether this JVM closes shared arenas: tried once. */
    private static final class Closing {

        static final boolean IS_POSSIBLE = isPossible();

        private static boolean isPossible() {
            try (Arena tried = Arena.ofShared()) {
                return tried.scope().isAlive();
            } catch (RuntimeException | Error e) {
                System.getLogger("dev.sluice")
                        .log(System.Logger.Level.INFO, "direct memory is left to the collector on this JVM", e);
                return false;
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
