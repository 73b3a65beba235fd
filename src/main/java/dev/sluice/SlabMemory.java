package dev.sluice;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Where the bytes of a slab come from. */
interface SlabMemory {

    /** A new view of one slot: position 0, limit and capacity the slot's bytes. */
    ByteBuffer slot(int index);

    /** Gives the bytes back; nobody leases any of them. */
    void free();

    /** The same, where nothing that the system does may hold up the accounts: what it throws is logged once. */
    default void freeOrLog() {
        try {
            free();
        } catch (RuntimeException | Error e) {
            EventLogOnce.TROUBLE.warn("memory of a pool could not be freed; the collector may do so", e);
        }
    }

    /** What only the collector can free, which {@link #free()} does not do; null of other memory. */
    default @Nullable NativeBuffer leftToCollector() {
        return null;
    }

    /** Allocates the memory of slabs. */
    interface Source {

        /**
         * Allocates a slab.
         *
         * @param slabBytes how much, from 1 to {@link Integer#MAX_VALUE}
         * @param slotBytes the size of each of its slots
         * @throws OutOfMemoryError if the JVM or the machine refuses
         */
        SlabMemory allocate(int slabBytes, int slotBytes);
    }

    /** Memory outside the heap. */
    static SlabMemory direct(int slabBytes, int slotBytes, boolean unsafeFree) {
        return new Direct(NativeMemory.allocate(slabBytes, unsafeFree), slotBytes);
    }

    /** One piece of native memory, cut into slots. */
    record Direct(NativeMemory memory, int slotBytes) implements SlabMemory {

        @Override
        public ByteBuffer slot(int index) {
            return memory.buffer().slice(index * slotBytes, slotBytes);
        }

        @Override
        public @Nullable NativeBuffer leftToCollector() {
            return memory instanceof NativeBuffer buffer && buffer.isLeftToCollector() ? buffer : null;
        }

        @Override
        public void free() {
            if (memory.free()) {
                NativeTrim.freed(memory.buffer().capacity());
            }
        }
    }

    /**
     * An array per slot, made with the slot: an array of the whole slab would be a humongous object, and its slots
     * would not begin at {@code arrayOffset() == 0}, on which much code relies.
     */
    record Heap(int slotBytes) implements SlabMemory {

        @Override
        public ByteBuffer slot(int index) {
            return ByteBuffer.allocate(slotBytes);
        }

        @Override
        public void free() {
            // The slab has dropped its slots; the collector does the rest.
        }
    }
}
