package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** In a JVM without the module {@code jdk.jfr}, everything but recording works. */
class NoFlightRecorderTest {

    public static void main(String[] arguments) {
        Heard heard = new Heard();
        try (BufferPool pool = BufferPool.builder().listener(heard).build()) {
            pool.acquire(1_000).release();
            System.out.println(
                    "recorder " + ModuleLayer.boot().findModule("jdk.jfr").isPresent());
            System.out.println(
                    "told " + heard.all(pool, PoolEvent.SlabMade.class).size());
        }
    }

    @Test
    void thePoolWorks() throws Exception {
        List<String> options = List.of("--limit-modules", "java.base,java.logging,java.management,java.desktop");
        assertThat(ForkedJvm.run(NoFlightRecorderTest.class, options)).contains("recorder false", "told 1");
    }
}
