package dev.sluice;

import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A piece of native memory, as Java 17 to 21 can have it: freed when the collector finds it unreachable, or at once by
 * a call that trusts its caller.
 */
final class NativeBuffer implements NativeMemory {

    /** As it was allocated, which is how it can be freed. */
    private final ByteBuffer whole;

    private final ByteBuffer buffer;
    private final boolean unsafeFree;

    private NativeBuffer(ByteBuffer whole, int bytes, boolean unsafeFree) {
        this.whole = whole;
        int toLine = -whole.alignmentOffset(0, ALIGNMENT) & (ALIGNMENT - 1);
        this.buffer = whole.slice(Math.min(toLine, whole.capacity() - bytes), bytes);
        this.unsafeFree = unsafeFree;
    }

    /** Allocates zeroed memory; see {@link NativeMemory#allocate}. */
    static NativeBuffer allocate(int bytes, boolean unsafeFree) {
        int withRoom = (int) Math.min((long) bytes + ALIGNMENT, Integer.MAX_VALUE);
        return new NativeBuffer(ByteBuffer.allocateDirect(withRoom), bytes, unsafeFree);
    }

    @Override
    public ByteBuffer buffer() {
        return buffer;
    }

    @Override
    public boolean free() {
        return unsafeFree && Cleaner.free(whole);
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
