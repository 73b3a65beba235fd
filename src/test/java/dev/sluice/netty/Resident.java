package dev.sluice.netty;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The memory that this process really has. */
final class Resident {

    private static final Path STATUS = Path.of("/proc/self/status");

    private Resident() {}

    /** In KiB, as the kernel counts it: the line is {@code VmRSS:     12345 kB}. */
    static long kib() {
        try {
            return Files.readAllLines(STATUS).stream()
                    .filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst()
                    .orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
