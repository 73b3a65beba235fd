package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.openjdk.jcstress.infra.runners.TestList;

/**
 * Runs every jcstress test of the class path for about a third of a second, in one JVM that forks its own. A class whose name
 * contains {@code Broken} is the weakened twin of a protocol: it must fail, or the run would not notice a real mistake
 * either. The long run is the Maven profile {@code jcstress}.
 */
class JcstressTest {
    private static final Path DIRECTORY = Path.of("target", "jcstress").toAbsolutePath();
    private static final Path OUTPUT = DIRECTORY.resolve("output.txt");

    /** One line of the summary, as in {@code ...... [FAILED] dev.sluice.SlotStress}. */
    private static final Pattern GRADE = Pattern.compile("^\\.+ \\[([^\\]]+)\\] (\\S+)$", Pattern.MULTILINE);

    /** The jars that stress tests need: ours, jcstress with what it uses, and reactor-core. */
    private static final Pattern JAR =
            Pattern.compile("(sluice|jcstress|jopt|jna|jspecify|reactor-core|reactive-streams)-.*");

    private static final Predicate<String> BROKEN = name -> name.contains("Broken");

    private static List<String> declared = List.of();
    private static Map<String, String> grades = Map.of();
    private static String summary = "";

    @BeforeAll
    @Timeout(value = 15, unit = TimeUnit.MINUTES)
    static void stress() throws Exception {
        declared = declaredTests();
        if (declared.isEmpty()) {
            return;
        }
        Files.createDirectories(DIRECTORY);
        Process process = new ProcessBuilder(command())
                .directory(DIRECTORY.toFile())
                .redirectErrorStream(true)
                .redirectOutput(OUTPUT.toFile())
                .start();
        process.getOutputStream().close();
        try {
            process.waitFor(14, TimeUnit.MINUTES);
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
        String output = Files.readString(OUTPUT);
        summary = output.substring(Math.max(0, output.lastIndexOf("RUN RESULTS:")));
        grades = grades(summary);
    }

    @Test
    void protocolsHold() {
        assertThat(declared).as("jcstress tests on the class path").anyMatch(BROKEN.negate());
        assertThat(declared.stream().filter(BROKEN.negate()))
                .as("see %s%n%s", OUTPUT, summary)
                .allSatisfy(name -> assertThat(grade(name)).as(name).isIn("OK", "INTERESTING"));
    }

    @Test
    void weakenedTwinsFail() {
        assertThat(declared).as("jcstress tests named Broken").anyMatch(BROKEN);
        assertThat(declared.stream().filter(BROKEN))
                .as("see %s%n%s", OUTPUT, summary)
                .allSatisfy(name -> assertThat(grade(name)).as(name).isEqualTo("FAILED"));
    }

    /** Without tiers, a JVM is interpreted first and optimised fully soon after; the two others shuffle its schedules. */
    private static List<String> command() {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                classPath(),
                "org.openjdk.jcstress.Main",
                "-jvmArgs",
                "-XX:-TieredCompilation -XX:+UnlockDiagnosticVMOptions -XX:+StressLCM -XX:+StressGCM",
                "-sc",
                "false",
                "-pth",
                "false",
                "-f",
                "1",
                "-iters",
                "3",
                "-time",
                "100",
                "-v",
                "-r",
                DIRECTORY.resolve("report").toString());
    }

    /** What a stress test needs and no more, because each of some fifty JVMs opens every jar of its class path. */
    private static String classPath() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.endsWith(".jar")
                        || JAR.matcher(new File(entry).getName()).matches())
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** The names that the annotation processor of jcstress has written down, if it found any. */
    private static List<String> declaredTests() {
        if (JcstressTest.class.getResource(TestList.LIST) == null) {
            return List.of();
        }
        return TestList.tests().stream().sorted().toList();
    }

    /** A test with more actors than the machine has processors is not run at all. */
    private static String grade(String name) {
        return grades.getOrDefault(name, "not run");
    }

    private static Map<String, String> grades(String summary) {
        Map<String, String> grades = new TreeMap<>();
        GRADE.matcher(summary).results().forEach(line -> grades.put(line.group(2), line.group(1)));
        return grades;
    }
}
