package dev.sluice;

import java.lang.management.ManagementFactory;
import java.util.concurrent.atomic.AtomicLong;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * The allocator beneath the JVM, which may keep what was freed.
 *
 * <p>The one of glibc gives a block back to the system at once if it is at least as large as its mapping threshold, and
 * raises that threshold, up to 32 MiB, to the size of every block it gave back. So a first burst of 4 MiB slabs goes
 * back by itself, and a second one, or one of smaller slabs, stays resident: of 256 MiB in 4 KiB buffers, 200 MiB did.
 * {@code System.trim_native_heap}, a diagnostic command of the JVM, brings them back in 20 to 110 ms, and takes less
 * than 1 ms where there is nothing to bring. So it is run when enough was freed and no more is coming.
 */
final class NativeTrim {

    private static final long WORTH_TRIMMING_BYTES = 8 << 20;

    /** What comes after so small a share of what was freed can wait for the next time. */
    private static final int CALM_SHARE = 16;

    private static final AtomicLong FREED = new AtomicLong();

    private NativeTrim() {}

    /** Takes note of a block that was freed. */
    static void freed(long bytes) {
        FREED.addAndGet(bytes);
    }

    /** Trims if it is worth while, unless so much was freed just now that more is likely to follow. */
    static void trimOnceCalm(long freedNow) {
        long freed = FREED.get();
        boolean isCalm = freedNow < Math.max(WORTH_TRIMMING_BYTES, freed / CALM_SHARE);
        if (freed >= WORTH_TRIMMING_BYTES && isCalm && FREED.compareAndSet(freed, 0)) {
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
