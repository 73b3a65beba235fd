package dev.sluice.netty;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * A main class in a JVM of its own, on the class path of this one, that is talked to by lines. It ends when its standard
 * input does.
 */
final class ChildJvm implements AutoCloseable {

    private static final long PATIENCE_SECONDS = 20;

    private final Process process;
    private final BufferedReader answers;
    private final PrintStream commands;

    ChildJvm(Class<?> main, List<String> jvmOptions, Object... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        if (Runtime.version().feature() >= 24) {
            command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
        }
        command.addAll(jvmOptions);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        // With an arena for each thread, the resident set would depend on which threads have allocated.
        builder.environment().put("MALLOC_ARENA_MAX", "1");
        process = builder.start();
        answers = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        commands = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
    }

    /** In the other JVM: answers each line, split into words, until there are no more, and ends the JVM. */
    static void serve(Function<String[], String> answer) throws IOException {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            System.out.println(answer.apply(line.split(" ")));
        }
        System.exit(0);
    }

    /** The next line that it prints. */
    String answer() {
        try {
            String line = answers.readLine();
            if (line == null) {
                throw new IllegalStateException("the other JVM has ended: " + process);
            }
            return line;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Prints a line to it, and waits for one. */
    String ask(String command) {
        commands.println(command);
        return answer();
    }

    @Override
    public void close() throws InterruptedException {
        commands.close();
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
    }
}
