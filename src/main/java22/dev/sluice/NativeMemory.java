package dev.sluice;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;

/**
 * A piece of native memory, as Java 22 and later can have it: freed at once and safely, since the JVM turns the use of a
 * stale view into an {@link IllegalStateException}.
 *
 * <p>Whoever drops the memory without freeing it (a lost lease, a pool that was forgotten) leaves it to the collector:
 * every view refers to the one segment, and the arena is closed when that is garbage.
 */
final class NativeMemory {

    private static final Cleaner CLEANER = Cleaner.create(task -> {
        Thread thread = new Thread(task, "sluice-cleaner");
        thread.setDaemon(true);
        return thread;
    });

    private static final long ALIGNMENT = 64;

    private final Arena arena;
    private final ByteBuffer buffer;

    private NativeMemory(Arena arena, MemorySegment segment) {
        this.arena = arena;
        this.buffer = segment.asByteBuffer();
        CLEANER.register(segment, () -> close(arena));
    }

    /**
     * Allocates zeroed memory.
     *
     * @param bytes how much, from 1 to {@link Integer#MAX_VALUE}
     * @param freeAtOnce no matter here
     * @throws OutOfMemoryError if the machine refuses; the JVM's limit for direct buffers does not count arenas
     */
    @SuppressWarnings("MustBeClosedChecker") // closed by free(), or by the cleaner
    static NativeMemory allocate(int bytes, boolean freeAtOnce) {
        Arena arena = Arena.ofShared();
        try {
            return new NativeMemory(arena, arena.allocate(bytes, ALIGNMENT));
        } catch (Throwable e) {
            arena.close();
            throw e;
        }
    }

    ByteBuffer buffer() {
        return buffer;
    }

    /** Frees the memory now, unless a stale view is in the middle of a system call; says whether it did. */
    boolean free() {
        return close(arena);
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
}
