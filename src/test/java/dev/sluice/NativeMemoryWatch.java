package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.ref.ReferenceQueue;
import java.lang.reflect.Method;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Watches the native memory behind views without keeping it alive. From Java 22 on it asks the arenas; before, the
 * JDK's count of direct buffers, which must be back where it was.
 */
final class NativeMemoryWatch {

    private static final int MOST_COLLECTIONS = 200;
    private static final long TOLERANCE_BYTES = 1 << 20;
    private static final boolean ARENAS = Runtime.version().feature() >= 22;

    private final List<Object> scopes = new ArrayList<>();
    private final long before;

    NativeMemoryWatch() throws InterruptedException {
        collect();
        collect();
        before = countedBytes();
    }

    private static long countedBytes() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(bean -> bean.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
    }

    /** Watches the memory of one view. */
    void add(ByteBuffer view) {
        if (!ARENAS) {
            return;
        }
        try {
            Class<?> segmentType = Class.forName("java.lang.foreign.MemorySegment");
            Object segment = segmentType.getMethod("ofBuffer", Buffer.class).invoke(null, view);
            scopes.add(segmentType.getMethod("scope").invoke(segment));
        } catch (ReflectiveOperationException e) {
            throw new AssertionError("Java 22 has memory segments", e);
        }
    }

    private static boolean isAlive(Object scope) {
        try {
            Method isAlive =
                    Class.forName("java.lang.foreign.MemorySegment$Scope").getMethod("isAlive");
            return (boolean) isAlive.invoke(scope);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError("Java 22 has scopes", e);
        }
    }

    /** Whether any of the memory exists. */
    boolean isAlive() {
        return ARENAS
                ? scopes.stream().anyMatch(NativeMemoryWatch::isAlive)
                : countedBytes() > before + TOLERANCE_BYTES;
    }

    /** Lets the collector run until all of the memory is freed. */
    void awaitFreed() throws InterruptedException {
        await("the native memory is freed", () -> !isAlive());
    }

    static void await(String what, BooleanSupplier condition) throws InterruptedException {
        for (int i = 0; i < MOST_COLLECTIONS && !condition.getAsBoolean(); i++) {
            collect();
        }
        assertThat(condition.getAsBoolean())
                .as("%s, after %d collections", what, MOST_COLLECTIONS)
                .isTrue();
    }

    /** Collects, and lets the threads that clean up after it run: the wait is on a queue that never gets anything. */
    private static void collect() throws InterruptedException {
        System.gc();
        new ReferenceQueue<>().remove(20);
    }
}
