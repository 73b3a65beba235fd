package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Refuses results that are views of the buffer that they were made of. {@code consume} releases the buffer, so that the
 * bytes of such a view are the next holder's, and nothing would say so: a body would be sent with other bytes.
 *
 * <p>Only results that are a {@link ByteBuffer} are looked at; all others cost one type check.
 */
final class ConsumeEscape {

    private ConsumeEscape() {}

    /**
     * Checks a result before the buffer is released.
     *
     * @param operator the name that a message gives to the operator
     * @throws IllegalStateException if the result is the buffer itself or a view of its memory
     */
    static void check(@Nullable Object result, PooledBuffer buffer, String operator) {
        if (result == buffer) {
            throw new IllegalStateException(operator + " releases each buffer, and its function returned the buffer"
                    + " itself: return what was made of it, or retain it and return the new lease");
        } else if (result instanceof ByteBuffer bytes && !buffer.isReleased() && isView(bytes, buffer)) {
            throw new IllegalStateException(Messages.message(
                    "%s releases each buffer, and its function returned a view of one: the %,d bytes that it shows, of"
                            + " a buffer of %,d bytes of pool '%s', would be those of the next holder. For a client"
                            + " that wants a Flux<ByteBuffer>, use toByteBuffers(Handover), which says how long the"
                            + " bytes stay; or return a copy",
                    operator, bytes.remaining(), buffer.length(), buffer.pool().name()));
        }
    }

    private static boolean isView(ByteBuffer bytes, PooledBuffer buffer) {
        ByteBuffer own = buffer.byteBuffer();
        return bytes == own || Memory.LOOK.overlap(bytes, own);
    }

    /** Where the bytes of a {@code ByteBuffer} are, which the classes of Java 17 do not say. */
    private interface Memory {

        Memory LOOK = look();

        /** Whether two buffers have memory in common, positions and limits aside. */
        boolean overlap(ByteBuffer one, ByteBuffer other);

        private static Memory look() {
            try {
                return Runtime.version().feature() >= Segments.SINCE ? new Segments() : new Fields();
            } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
                System.getLogger("dev.sluice")
                        .log(
                                System.Logger.Level.DEBUG,
                                "views that consume returns cannot be told from copies on this JVM",
                                e);
                return (one, other) -> false;
            }
        }
    }

    /** {@code java.lang.foreign.MemorySegment}, reached by name because the classes are compiled for Java 17. */
    private static final class Segments implements Memory {

        static final int SINCE = 22;

        private final Method ofBuffer;
        private final Method asOverlappingSlice;

        Segments() throws ReflectiveOperationException {
            Class<?> segment = Class.forName("java.lang.foreign.MemorySegment");
            ofBuffer = segment.getMethod("ofBuffer", Buffer.class);
            asOverlappingSlice = segment.getMethod("asOverlappingSlice", segment);
        }

        @Override
        public boolean overlap(ByteBuffer one, ByteBuffer other) {
            try {
                Object left = ofBuffer.invoke(null, one.duplicate().clear());
                Object right = ofBuffer.invoke(null, other.duplicate().clear());
                return ((Optional<?>) asOverlappingSlice.invoke(left, right)).isPresent();
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException("the JVM does not say where a ByteBuffer lies", e);
            }
        }
    }

    /** The fields of a {@code ByteBuffer}, read by {@code sun.misc.Unsafe}, which writes nothing here. */
    private static final class Fields implements Memory {

        private final Object unsafe;
        private final Method getLong;
        private final Method getObject;
        private final long address;
        private final long array;

        Fields() throws ReflectiveOperationException {
            Class<?> type = Class.forName("sun.misc.Unsafe");
            Field only = type.getDeclaredField("theUnsafe");
            only.setAccessible(true);
            unsafe = only.get(null);
            getLong = type.getMethod("getLong", Object.class, long.class);
            getObject = type.getMethod("getObject", Object.class, long.class);
            Method offset = type.getMethod("objectFieldOffset", Field.class);
            address = (long) offset.invoke(unsafe, Buffer.class.getDeclaredField("address"));
            array = (long) offset.invoke(unsafe, ByteBuffer.class.getDeclaredField("hb"));
        }

        @Override
        public boolean overlap(ByteBuffer one, ByteBuffer other) {
            try {
                long from = (long) getLong.invoke(unsafe, one, address);
                long otherFrom = (long) getLong.invoke(unsafe, other, address);
                return getObject.invoke(unsafe, one, array) == getObject.invoke(unsafe, other, array)
                        && from < otherFrom + other.capacity()
                        && otherFrom < from + one.capacity();
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException("the JVM does not say where a ByteBuffer lies", e);
            }
        }
    }
}
