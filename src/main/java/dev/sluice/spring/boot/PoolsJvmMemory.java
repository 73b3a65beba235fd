package dev.sluice.spring.boot;

import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import javax.management.JMException;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;
import org.jspecify.annotations.Nullable;

/** What the JVM and the system say about the memory of this process. */
final class PoolsJvmMemory {

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String RESIDENT = "VmRSS:";

    private PoolsJvmMemory() {}

    /**
     * How much direct memory the JVM allows.
     *
     * @return {@code -XX:MaxDirectMemorySize}, or, where that is not set, the maximum heap
     */
    static long maxDirectBytes() {
        String option = option("MaxDirectMemorySize");
        long set = option == null ? 0 : Long.parseLong(option);
        return set > 0 ? set : maxHeapBytes();
    }

    static long maxHeapBytes() {
        return Runtime.getRuntime().maxMemory();
    }

    /**
     * How much direct memory {@code ByteBuffer.allocateDirect} holds. That of a pool is among it up to Java 21.
     *
     * @return the bytes, or null where the JVM does not say
     */
    static @Nullable Long usedDirectBytes() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .map(BufferPoolMXBean::getMemoryUsed)
                .findFirst()
                .orElse(null);
    }

    /**
     * How much memory of the process is resident, as Linux sees it.
     *
     * @return the bytes, or null on other systems
     */
    static @Nullable Long residentBytes() {
        try (Stream<String> lines = Files.lines(STATUS)) {
            return lines.filter(line -> line.startsWith(RESIDENT))
                    .map(line -> line.replaceAll("\\D", ""))
                    .map(kibibytes -> Long.parseLong(kibibytes) << 10)
                    .findFirst()
                    .orElse(null);
        } catch (IOException | RuntimeException e) {
            return null;
        }
    }

    private static @Nullable String option(String name) {
        try {
            CompositeData option = (CompositeData) ManagementFactory.getPlatformMBeanServer()
                    .invoke(
                            new ObjectName("com.sun.management:type=HotSpotDiagnostic"),
                            "getVMOption",
                            new Object[] {name},
                            new String[] {String.class.getName()});
            return (String) option.get("value");
        } catch (JMException | RuntimeException | LinkageError e) {
            return null; // not HotSpot
        }
    }
}
