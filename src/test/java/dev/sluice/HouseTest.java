package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Keeps the house in order: where a file belongs, how wide a line is, and how often the same lines stand twice. What is
 * counted here is text, so a few numbers are ratchets: they may fall, and each fall is written down.
 */
class HouseTest {

    private static final Path MAIN = Path.of("src", "main", "java");

    private static final int WIDTH = 120;
    private static final int MOST_WIDE_LINES = 0;

    /** So many lines that are the same to the letter make a pair of places. */
    private static final int SAME = 6;

    /** Pairs of places that share lines. */
    private static final int MOST_PAIRS = 15;

    /** A pronoun without a noun: who does it, the reader has to find out. */
    private static final int MOST_WHOEVER = 5;

    private static final int MOST_LINES_OF_BUFFER_FLUX = 1_200;

    /** A row of the table of rooms: what stands in code in its second column. */
    private static final Pattern ROW = Pattern.compile("<tr><td>[^<]*</td><td>\\{@code ([^}]*)}</td>", Pattern.DOTALL);

    /** Of every file, its lines. */
    private static final Map<Path, List<String>> FILES = new TreeMap<>();

    @BeforeAll
    static void read() throws IOException {
        try (Stream<Path> files = Files.walk(MAIN)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".java")).toList()) {
                FILES.put(file, Files.readAllLines(file));
            }
        }
    }

    @Test
    void noLineIsWiderThanAScreen() {
        List<String> wide = new ArrayList<>();
        FILES.forEach((file, lines) -> {
            for (int i = 0; i < lines.size(); i++) {
                if (lines.get(i).length() > WIDTH) {
                    wide.add(file + ":" + (i + 1));
                }
            }
        });
        assertThat(wide).as("lines of more than %d columns", WIDTH).hasSizeLessThanOrEqualTo(MOST_WIDE_LINES);
    }

    /** {@code Turn*} lists every name that begins so, {@code Turn} only itself. */
    @Test
    void everyFileHasARoom() {
        Map<Path, List<String>> rooms = new HashMap<>();
        FILES.forEach((file, lines) -> {
            if (file.endsWith("package-info.java")) {
                rooms.put(file.getParent(), rooms(String.join("\n", lines).replaceAll("\n \\* *", " ")));
            }
        });
        assertThat(rooms.get(MAIN.resolve("dev/sluice")))
                .as("the rooms of the core")
                .hasSizeGreaterThan(5);
        assertThat(FILES.keySet().stream()
                        .filter(file -> file.startsWith(MAIN) && !file.endsWith("package-info.java"))
                        .filter(file -> !rooms.get(file.getParent()).isEmpty())
                        .filter(file -> rooms.get(file.getParent()).stream()
                                .noneMatch(room -> name(file).matches(room.replace("*", "\\w*")))))
                .as("files that no room of their package-info.java lists")
                .isEmpty();
    }

    private static List<String> rooms(String text) {
        return ROW.matcher(text)
                .results()
                .flatMap(row -> Stream.of(row.group(1).strip().split("\\s+")))
                .toList();
    }

    private static String name(Path file) {
        return file.getFileName().toString().replace(".java", "");
    }

    @Test
    void sentencesHaveASubject() {
        Pattern whoever = Pattern.compile("\\bwhoever\\b", Pattern.CASE_INSENSITIVE);
        List<String> places = new ArrayList<>();
        FILES.forEach((file, lines) -> lines.forEach(line -> whoever.matcher(line)
                .results()
                .map(MatchResult::group)
                .forEach(word -> places.add(file + ": " + line.strip()))));
        assertThat(places).as("\"whoever\"").hasSizeLessThanOrEqualTo(MOST_WHOEVER);
    }

    @Test
    void theDoorOfTheStreamsStaysSmall() {
        assertThat(FILES.get(MAIN.resolve("dev/sluice/flux/BufferFlux.java")))
                .as("lines of BufferFlux.java")
                .hasSizeLessThanOrEqualTo(MOST_LINES_OF_BUFFER_FLUX);
    }

    @Test
    void nothingStandsTwice() {
        List<String> pairs = Repeats.in(FILES, SAME);
        assertThat(pairs)
                .as("places that share %d or more lines to the letter", SAME)
                .hasSizeLessThanOrEqualTo(MOST_PAIRS);
    }

    /**
     * Pairs of places that share lines to the letter. Blank lines, comments, imports, annotations alone and lines without
     * a letter do not count: they neither make a pair nor break one.
     */
    private static final class Repeats {

        private static final Pattern NOTHING =
                Pattern.compile("\\W*|(/\\*|\\*|//|import |package |@Override$|@SuppressWarnings).*");

        private Repeats() {}

        /** A line that counts. */
        record Line(Path file, int number, String text) {}

        static List<String> in(Map<Path, List<String>> files, int same) {
            List<Line> lines = new ArrayList<>();
            files.forEach((file, text) -> {
                for (int i = 0; i < text.size(); i++) {
                    String line = text.get(i).strip();
                    if (!NOTHING.matcher(line).matches()) {
                        lines.add(new Line(file, i + 1, line));
                    }
                }
            });
            Map<List<String>, List<Integer>> starts = new HashMap<>();
            List<String> pairs = new ArrayList<>();
            for (int i = 0; i + same <= lines.size(); i++) {
                if (!lines.get(i).file.equals(lines.get(i + same - 1).file)) {
                    continue;
                }
                List<String> window =
                        lines.subList(i, i + same).stream().map(Line::text).toList();
                List<Integer> earlier = starts.computeIfAbsent(window, text -> new ArrayList<>());
                for (int j : earlier) {
                    if (begins(lines, j, i)) {
                        pairs.add(place(lines.get(j)) + " and " + place(lines.get(i)));
                    }
                }
                earlier.add(i);
            }
            return pairs;
        }

        /** Whether two equal windows are the first of theirs: the lines before them differ. */
        private static boolean begins(List<Line> lines, int one, int other) {
            return one == 0
                    || !lines.get(one - 1).text.equals(lines.get(other - 1).text)
                    || !lines.get(one - 1).file.equals(lines.get(one).file)
                    || !lines.get(other - 1).file.equals(lines.get(other).file);
        }

        private static String place(Line line) {
            return line.file.getFileName() + ":" + line.number;
        }
    }
}
