package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs a main class in a JVM of its own, on the class path of the test. */
final class ForkedJvm {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private ForkedJvm() {}

    /** Runs to the end and returns what was printed; fails with all of it unless the exit code is zero. */
    static String run(Class<?> main, List<String> jvmOptions, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-ea");
        command.addAll(jvmOptions);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try {
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                    .as("%s ended within %s", command, PATIENCE)
                    .isTrue();
            assertThat(process.exitValue())
                    .as("exit code of %s, which printed%n%s", command, output)
                    .isZero();
            return output;
        } finally {
            process.destroyForcibly();
        }
    }
}
