package dev.sluice.netty;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * After hundreds of connections that ended anyhow, nothing is in flight: not by the pools' account, and not by Netty's
 * own, in a JVM that has all of Netty's buffers counted.
 */
class SocketChaosTest {

    private static final List<String> JVM_OPTIONS = List.of(
            "-ea",
            "-Xmx512m",
            "-Dio.netty.customResourceLeakDetector=" + SocketChaos.Leaks.class.getName(),
            "-Dio.netty.util.LeakPresenceDetector.trackCreationStack=true");

    @Test
    void nothingIsLostIn300Connections() throws Exception {
        assertAtRest(300, 300);
    }

    @Tag("long")
    @Test
    void nothingIsLostIn10000Connections() throws Exception {
        assertAtRest(10_000, 10_000);
    }

    /** The number of cases of each kind comes first, and the result after it; what went wrong is on standard error. */
    private static void assertAtRest(long seed, int cases) throws Exception {
        try (ChildJvm chaos = new ChildJvm(SocketChaos.class, JVM_OPTIONS, seed, cases)) {
            assertThat(chaos.answer()).as("kinds").contains("ECHO=", "UPLOAD=", "DOWNLOAD=");
            assertThat(chaos.answer()).isEqualTo("at rest");
        }
    }
}
