package dev.sluice;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * {@code java.lang.foreign}, which Java 22 brought, by method handles: one class file serves every JVM, whichever JDK
 * compiled it. A call costs what the handle's target costs beside an allocation or a close, of which there is one a
 * slab.
 */
record NativeArenaCalls(
        MethodHandle makeShared,
        MethodHandle allocating,
        MethodHandle viewing,
        MethodHandle scope,
        MethodHandle aliveness,
        MethodHandle closing) {

    /** The first version whose arenas are not a preview. */
    private static final int FIRST_JAVA = 22;

    /** Null before Java 22. */
    static @Nullable NativeArenaCalls find() {
        return Runtime.version().feature() < FIRST_JAVA ? null : lookUp();
    }

    private static NativeArenaCalls lookUp() {
        try {
            Class<?> arena = Class.forName("java.lang.foreign.Arena");
            Class<?> segment = Class.forName("java.lang.foreign.MemorySegment");
            Class<?> scope = Class.forName("java.lang.foreign.MemorySegment$Scope");
            MethodHandles.Lookup lookup = MethodHandles.publicLookup();
            return new NativeArenaCalls(
                    erased(lookup.findStatic(arena, "ofShared", MethodType.methodType(arena))),
                    erased(lookup.findVirtual(
                            arena, "allocate", MethodType.methodType(segment, long.class, long.class))),
                    erased(lookup.findVirtual(segment, "asByteBuffer", MethodType.methodType(ByteBuffer.class))),
                    erased(lookup.findVirtual(arena, "scope", MethodType.methodType(scope))),
                    erased(lookup.findVirtual(scope, "isAlive", MethodType.methodType(boolean.class))),
                    erased(lookup.findVirtual(arena, "close", MethodType.methodType(void.class))));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this JVM has no java.lang.foreign.Arena as Java 22 defined it", e);
        }
    }

    /** The same with {@link Object} for every type that Java 17 does not know. */
    private static MethodHandle erased(MethodHandle handle) {
        return handle.asType(handle.type().erase());
    }

    /** {@code Arena.ofShared()}. */
    Object ofShared() {
        try {
            return (Object) makeShared.invokeExact();
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** {@code arena.allocate(bytes, alignment)}: a segment. */
    Object allocate(Object arena, long bytes, long alignment) {
        try {
            return (Object) allocating.invokeExact(arena, bytes, alignment);
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** {@code segment.asByteBuffer()}. */
    ByteBuffer buffer(Object segment) {
        try {
            return (ByteBuffer) (Object) viewing.invokeExact(segment);
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** {@code arena.scope().isAlive()}. */
    boolean isAlive(Object arena) {
        try {
            Object itsScope = (Object) scope.invokeExact(arena);
            return (boolean) aliveness.invokeExact(itsScope);
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** {@code arena.close()}: a handshake with all threads, after which no view of the arena can be used. */
    void close(Object arena) {
        try {
            closing.invokeExact(arena);
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** What these methods throw is unchecked. */
    private static RuntimeException rethrown(Throwable e) {
        if (e instanceof Error error) {
            throw error;
        }
        return e instanceof RuntimeException unchecked ? unchecked : new IllegalStateException("unexpected", e);
    }
}
