package dev.sluice;

import java.nio.ByteBuffer;

/** A piece of native memory, zeroed, that begins at a cache line. */
interface NativeMemory {

    /**
     * A cache line. What the C library maps begins 16 bytes after the start of a page, and where the kernel copies a
     * page of a file to such an address, an AMD EPYC takes twice as long.
     */
    int ALIGNMENT = 64;

    /**
     * Allocates zeroed memory: an arena where the JVM has them, else a direct buffer.
     *
     * @param bytes how much, from 1 to {@link Integer#MAX_VALUE}
     * @param unsafeFree whether {@link #free()} may trust that no view of a direct buffer is used any more
     * @throws OutOfMemoryError if the machine refuses, or the JVM's limit for direct buffers, which does not count
     *     arenas
     */
    static NativeMemory allocate(int bytes, boolean unsafeFree) {
        NativeArena arena = NativeArena.allocate(bytes);
        return arena != null ? arena : NativeBuffer.allocate(bytes, unsafeFree);
    }

    /** Loads what allocating and freeing needs, before memory or stack is short. */
    static void rehearse() {
        if (!NativeArena.rehearse()) {
            NativeBuffer.allocate(1, false);
        }
    }

    /** All of the memory. */
    ByteBuffer buffer();

    /** Frees the memory now, if that can be done; says whether it did. The collector frees it otherwise. */
    boolean free();
}
