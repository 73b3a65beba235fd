package dev.sluice;

import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A piece of native memory, as Java 17 to 21 can have it: freed when the collector finds it unreachable, or at once by
 * a call that trusts its caller.
 */
final class NativeBuffer implements NativeMemory {

    private static final byte[] ZEROS = new byte[8 << 10];

    private final Block block;
    private final ByteBuffer buffer;
    private final boolean unsafeFree;

    private NativeBuffer(Block block, ByteBuffer buffer, boolean unsafeFree) {
        this.block = block;
        this.buffer = buffer;
        this.unsafeFree = unsafeFree;
    }

    /** What was allocated at once, which is how it can be freed, and the number of pieces that are in use or spare. */
    private static final class Block {

        final ByteBuffer whole;
        final AtomicInteger pieces = new AtomicInteger(1);

        Block(ByteBuffer whole) {
            this.whole = whole;
        }
    }

    /** Allocates zeroed memory; see {@link NativeMemory#allocate}. */
    static NativeBuffer allocate(int bytes, boolean unsafeFree) {
        int withRoom = (int) Math.min((long) bytes + ALIGNMENT, Integer.MAX_VALUE);
        ByteBuffer whole = ByteBuffer.allocateDirect(withRoom);
        int toLine = -whole.alignmentOffset(0, ALIGNMENT) & (ALIGNMENT - 1);
        int start = Math.min(toLine, withRoom - bytes);
        return new NativeBuffer(new Block(whole), whole.slice(start, bytes), unsafeFree);
    }

    /** The first bytes, in place of all. */
    NativeBuffer first(int bytes) {
        return new NativeBuffer(block, buffer.slice(0, bytes), unsafeFree);
    }

    /** What comes after the first bytes, from the next cache line on: one piece more. */
    NativeBuffer after(int bytes) {
        int start = bytes + (-bytes & (ALIGNMENT - 1));
        NativeBuffer rest = new NativeBuffer(block, buffer.slice(start, buffer.capacity() - start), unsafeFree);
        block.pieces.incrementAndGet();
        return rest;
    }

    void zero() {
        ByteBuffer all = buffer.duplicate();
        while (all.hasRemaining()) {
            all.put(ZEROS, 0, Math.min(ZEROS.length, all.remaining()));
        }
    }

    /** Whether only the collector can free the memory. */
    boolean isLeftToCollector() {
        return !unsafeFree;
    }

    /** Drops this piece; returns what the collector can free now, or null while other pieces of it are there. */
    @Nullable ByteBuffer drop() {
        return block.pieces.decrementAndGet() == 0 ? block.whole : null;
    }

    @Override
    public ByteBuffer buffer() {
        return buffer;
    }

    @Override
    public boolean free() {
        return unsafeFree && Cleaner.free(block.whole);
    }

    /** {@code sun.misc.Unsafe.invokeCleaner}, the only way to free a direct buffer that these versions export. */
    private static final class Cleaner {

        private static final @Nullable Object UNSAFE;
        private static final @Nullable Method INVOKE_CLEANER;

        static {
            Object unsafe = null;
            Method invokeCleaner = null;
            try {
                Class<?> type = Class.forName("sun.misc.Unsafe");
                var field = type.getDeclaredField("theUnsafe");
                field.setAccessible(true);
                unsafe = field.get(null);
                invokeCleaner = type.getMethod("invokeCleaner", ByteBuffer.class);
            } catch (ReflectiveOperationException | RuntimeException e) {
                System.getLogger("dev.sluice")
                        .log(System.Logger.Level.WARNING, "direct memory cannot be freed at once on this JVM", e);
            }
            UNSAFE = unsafe;
            INVOKE_CLEANER = invokeCleaner;
        }

        static boolean free(ByteBuffer buffer) {
            if (UNSAFE == null || INVOKE_CLEANER == null) {
                return false;
            }
            try {
                INVOKE_CLEANER.invoke(UNSAFE, buffer);
                return true;
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException("the JVM refused to free a direct buffer", e);
            }
        }
    }
}
