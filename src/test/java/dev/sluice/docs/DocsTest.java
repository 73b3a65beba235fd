package dev.sluice.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Holds the pages to what is compiled: every block of Java code is a tagged region of a {@code *Snippets.java} beside
 * this class, and every relative link leads somewhere.
 *
 * <pre>{@code
 *   <!-- snippet: GettingStartedSnippets.firstPool -->      the comment, directly above the block
 *   // tag::firstPool ... // end::firstPool                 the region
 * }</pre>
 */
class DocsTest {

    private static final Path DOCS = Path.of("docs");
    private static final Path README = Path.of("README.md");
    private static final Path SNIPPETS = Path.of("src", "test", "java", "dev", "sluice", "docs");

    private static final Pattern FENCE = Pattern.compile(" *```(.*)");
    private static final Pattern SNIPPET = Pattern.compile("<!-- snippet: (\\w+)\\.(\\w+) -->");
    private static final Pattern TAG = Pattern.compile(" *// (tag|end)::(\\w+)");
    private static final Pattern LINK =
            Pattern.compile("\\[[^\\]]*\\]\\(([^)\\s]+)[^)]*\\)|(?:src|srcset|href)=\"([^\"]+)\"");
    private static final Pattern CODE_SPAN = Pattern.compile("`[^`\n]*`");
    private static final Pattern ABSOLUTE = Pattern.compile("[a-z]+:.*");

    /** A fenced block, and the line above it. */
    record Block(Path page, int line, String language, String above, String content) {}

    static Stream<Path> pages() throws IOException {
        try (Stream<Path> files = Files.walk(DOCS)) {
            List<Path> pages = files.filter(file -> file.toString().endsWith(".md"))
                    .sorted()
                    .toList();
            return Stream.concat(pages.stream(), Stream.of(README).filter(Files::exists));
        }
    }

    @ParameterizedTest
    @MethodSource("pages")
    void javaIsCompiledCode(Path page) throws IOException {
        for (Block block : blocksOf(page)) {
            if (!block.language.equals("java")) {
                continue;
            }
            Matcher name = SNIPPET.matcher(block.above);
            assertThat(name.matches())
                    .as("%s:%d has no snippet comment directly above its java block", page, block.line)
                    .isTrue();
            assertThat(block.content)
                    .as("%s:%d, snippet %s.%s", page, block.line, name.group(1), name.group(2))
                    .isEqualTo(region(name.group(1), name.group(2)));
        }
    }

    @Test
    void everySnippetIsShown() throws IOException {
        Set<String> shown = new TreeSet<>();
        for (Path page : pages().toList()) {
            for (Block block : blocksOf(page)) {
                Matcher name = SNIPPET.matcher(block.above);
                if (name.matches()) {
                    shown.add(name.group(1) + "." + name.group(2));
                }
            }
        }
        Set<String> tagged = new TreeSet<>();
        try (Stream<Path> files = Files.list(SNIPPETS)) {
            for (Path file :
                    files.filter(f -> f.toString().endsWith("Snippets.java")).toList()) {
                String type = file.getFileName().toString().replace(".java", "");
                for (String line : Files.readAllLines(file)) {
                    Matcher tag = TAG.matcher(line);
                    if (tag.matches()) {
                        tagged.add(type + "." + tag.group(2));
                    }
                }
            }
        }
        assertThat(shown).isEqualTo(tagged);
    }

    @ParameterizedTest
    @MethodSource("pages")
    void linksLeadSomewhere(Path page) throws IOException {
        for (String link : linksOf(page)) {
            int hash = link.indexOf('#');
            String file = hash < 0 ? link : link.substring(0, hash);
            Path target = file.isEmpty() ? page : page.resolveSibling(file).normalize();
            assertThat(target).as("link %s of %s", link, page).exists();
            if (hash >= 0 && target.toString().endsWith(".md")) {
                assertThat(anchorsOf(target)).as("anchors of %s", target).contains(link.substring(hash + 1));
            }
        }
    }

    @Test
    void imagesAreAllShown() throws IOException {
        Set<String> linked = new HashSet<>();
        for (Path page : pages().toList()) {
            for (String link : linksOf(page)) {
                linked.add(page.resolveSibling(link).normalize().toString());
            }
        }
        try (Stream<Path> files = Files.walk(DOCS)) {
            assertThat(files.filter(file -> file.toString().endsWith(".svg")))
                    .allSatisfy(image -> assertThat(linked).contains(image.toString()));
        }
    }

    @Test
    void theDependencyIsThisVersion() throws IOException {
        String pom = Files.readString(Path.of("pom.xml"));
        Matcher version = Pattern.compile("<artifactId>sluice</artifactId>\\s*<version>([^<]+)</version>")
                .matcher(pom);
        assertThat(version.find()).isTrue();
        for (Path page : pages().toList()) {
            Matcher named = version.pattern().matcher(Files.readString(page));
            assertThat(named.results().map(found -> found.group(1)))
                    .as("versions in %s", page)
                    .allMatch(version.group(1)::equals);
        }
    }

    static List<Block> blocksOf(Path page) throws IOException {
        List<Block> blocks = new ArrayList<>();
        List<String> lines = Files.readAllLines(page);
        for (int i = 0; i < lines.size(); i++) {
            Matcher fence = FENCE.matcher(lines.get(i));
            if (fence.matches()) {
                int end = i + 1;
                while (!lines.get(end).strip().equals("```")) {
                    end++;
                }
                String content = String.join("\n", lines.subList(i + 1, end)).stripIndent();
                String above = i == 0 ? "" : lines.get(i - 1).strip();
                blocks.add(new Block(page, i + 1, fence.group(1).strip(), above, content));
                i = end;
            }
        }
        return blocks;
    }

    /** The lines between the two comments, without those of other tags and without the indentation. */
    private static String region(String type, String name) throws IOException {
        List<String> region = new ArrayList<>();
        boolean within = false;
        boolean ended = false;
        for (String line : Files.readAllLines(SNIPPETS.resolve(type + ".java"))) {
            Matcher tag = TAG.matcher(line);
            if (!tag.matches()) {
                if (within) {
                    region.add(line);
                }
            } else if (tag.group(2).equals(name)) {
                within = tag.group(1).equals("tag");
                ended = !within;
            }
        }
        assertThat(ended).as("%s.java has the tag %s and its end", type, name).isTrue();
        return String.join("\n", region).stripIndent();
    }

    /** Lines outside fenced blocks. */
    private static List<String> proseOf(Path page) throws IOException {
        List<String> prose = new ArrayList<>();
        boolean fenced = false;
        for (String line : Files.readAllLines(page)) {
            if (FENCE.matcher(line).matches()) {
                fenced = !fenced;
            } else if (!fenced) {
                prose.add(line);
            }
        }
        return prose;
    }

    private static List<String> linksOf(Path page) throws IOException {
        String prose = CODE_SPAN.matcher(String.join("\n", proseOf(page))).replaceAll("code");
        return LINK.matcher(prose)
                .results()
                .map(DocsTest::target)
                .filter(link -> !ABSOLUTE.matcher(link).matches())
                .toList();
    }

    private static String target(MatchResult link) {
        return link.group(1) != null ? link.group(1) : link.group(2);
    }

    /** What GitHub makes of headings. */
    private static Set<String> anchorsOf(Path page) throws IOException {
        Set<String> anchors = new HashSet<>();
        for (String line : proseOf(page)) {
            if (line.startsWith("#")) {
                String title = line.replaceFirst("#+ ", "").toLowerCase(Locale.ROOT);
                anchors.add(title.replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-'));
            }
        }
        return anchors;
    }
}
