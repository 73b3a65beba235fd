package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds every text of the library to one locale: no format without {@code Locale.ROOT} stands in its sources. */
class LocaleGuardTest {

    private static final Path SOURCES = Path.of("src", "main");

    /** {@code String.formatted}, and formats whose first argument is no locale. */
    private static final Pattern DEFAULT_LOCALE =
            Pattern.compile("\\.formatted\\(|String\\.format\\((?!\\s*Locale\\.)|\\.printf\\((?!\\s*Locale\\.)|"
                    + "new (Formatter|DecimalFormat|MessageFormat|SimpleDateFormat)\\(|NumberFormat\\.get\\w*\\(\\)|"
                    + "\\.to(Lower|Upper)Case\\(\\)");

    @Test
    void noTextDependsOnTheDefaultLocale() throws IOException {
        Set<String> found = new TreeSet<>();
        try (Stream<Path> files = Files.walk(SOURCES)) {
            files.filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> DEFAULT_LOCALE.matcher(read(file)).find())
                    .forEach(file -> found.add(file.getFileName().toString()));
        }
        assertThat(found).isEmpty();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
