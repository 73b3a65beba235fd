package dev.sluice;

import java.lang.management.ManagementFactory;
import java.util.concurrent.atomic.AtomicLong;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * The allocator beneath the JVM, which may keep what was freed.
 *
 * <p>The one of glibc gives large blocks back to the system at once and keeps small ones: after a burst of 256 MiB in
 * slabs of 64 to 256 KiB, 200 MiB stayed resident. {@code System.trim_native_heap}, a diagnostic command of the JVM that
 * takes some 0.3 s, brought them back. So it is run when enough small slabs were freed, and no more are coming.
 */
final class NativeHeap {

    /** Blocks from this size on go back by themselves. */
    private static final long LARGE_BYTES = 4 << 20;

    private static final long WORTH_TRIMMING_BYTES = 8 << 20;

    private static final AtomicLong KEPT = new AtomicLong();

    private NativeHeap() {}

    /** Takes note of a block that was freed. */
    static void freed(long bytes) {
        if (bytes < LARGE_BYTES) {
            KEPT.addAndGet(bytes);
        }
    }

    /** Trims if it is worth while, unless so much was freed just now that more is likely to follow. */
    static void trimOnceCalm(long freedNow) {
        long kept = KEPT.get();
        if (kept >= WORTH_TRIMMING_BYTES && freedNow < WORTH_TRIMMING_BYTES && KEPT.compareAndSet(kept, 0)) {
            trim();
        }
    }

    private static void trim() {
        try {
            ManagementFactory.getPlatformMBeanServer()
                    .invoke(
                            new ObjectName("com.sun.management:type=DiagnosticCommand"),
                            "systemTrimNativeHeap",
                            new Object[0],
                            new String[0]);
        } catch (JMException | RuntimeException | LinkageError e) {
            // Other systems, other C libraries and stripped JVMs have no such command, and nothing to trim.
            System.getLogger("dev.sluice").log(System.Logger.Level.DEBUG, "the native heap was not trimmed", e);
        }
    }
}
