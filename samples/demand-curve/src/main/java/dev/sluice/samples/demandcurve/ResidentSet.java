package dev.sluice.samples.demandcurve;

import dev.sluice.PoolStats;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The memory that the process really has: {@code VmRSS} on Linux, elsewhere the nearest that the JDK knows. */
interface ResidentSet {

    /** What to call it. */
    String name();

    /** The bytes of now. */
    long bytes(PoolStats pool);

    static ResidentSet ofThisProcess() {
        Path status = Path.of("/proc/self/status");
        return Files.isReadable(status) ? new Linux(status) : new Committed(ManagementFactory.getMemoryMXBean());
    }

    /**
     * As the kernel counts it.
     *
     * @param status {@code /proc/self/status}
     */
    record Linux(Path status) implements ResidentSet {

        private static final String FIELD = "VmRSS:";

        @Override
        public String name() {
            return "resident set";
        }

        @Override
        public long bytes(PoolStats pool) {
            try {
                return parse(Files.readAllLines(status));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** The line is {@code VmRSS:     12345 kB}. */
        static long parse(List<String> lines) {
            String line =
                    lines.stream().filter(l -> l.startsWith(FIELD)).findFirst().orElseThrow();
            return Long.parseLong(line.substring(FIELD.length(), line.length() - " kB".length())
                            .strip())
                    << 10;
        }
    }

    /**
     * What the JVM has committed, and the pool: what the system would count at most.
     *
     * @param jvm tells of the heap and of what is beside it
     */
    record Committed(MemoryMXBean jvm) implements ResidentSet {

        @Override
        public String name() {
            return "committed by the JVM and the pool";
        }

        @Override
        public long bytes(PoolStats pool) {
            return jvm.getHeapMemoryUsage().getCommitted()
                    + jvm.getNonHeapMemoryUsage().getCommitted()
                    + pool.allocatedBytes();
        }
    }
}
