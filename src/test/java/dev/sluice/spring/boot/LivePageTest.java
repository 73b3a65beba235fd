package dev.sluice.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the live page is made of: all of it is in the jar, and a strict content security policy lets it work. */
class LivePageTest {

    private static final Pattern REFERENCE = Pattern.compile("\\b(?:src|href)=\"([^\"]*)\"");

    @Test
    void whateverThePageRefersToStandsBesideIt() throws IOException {
        List<String> references = REFERENCE
                .matcher(content("index.html"))
                .results()
                .map(found -> found.group(1))
                .toList();
        assertThat(references).contains("app.js", "style.css", "uplot.js", "uplot.css");
        for (String reference : references) {
            assertThat(content(reference)).as(reference).isNotBlank();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"index.html", "app.js", "style.css"})
    void nothingIsLoadedFromElsewhere(String file) throws IOException {
        assertThat(content(file)).doesNotContain("//localhost", "http:", "https:", "@import", "url(");
    }

    @Test
    void nothingIsInlineThatAPolicyWouldForbid() throws IOException {
        String page = content("index.html");
        assertThat(page)
                .doesNotContainPattern("<script(?![^>]*\\bsrc=)")
                .doesNotContain("<style", "style=\"", "javascript:")
                .doesNotContainPattern("\\son\\w+=");
        assertThat(content("app.js")).doesNotContain("innerHTML", "eval(", "new Function");
    }

    @Test
    void everyElementThatTheScriptAsksForIsThere() throws IOException {
        String page = content("index.html");
        List<String> asked = Pattern.compile("byId\\('([\\w-]+)'\\)")
                .matcher(content("app.js"))
                .results()
                .map((MatchResult found) -> found.group(1))
                .distinct()
                .toList();
        assertThat(asked).hasSizeGreaterThan(8);
        assertThat(asked).allSatisfy(id -> assertThat(page).contains("id=\"" + id + "\""));
    }

    @Test
    void theChartsComeWithTheirLicence() throws IOException {
        assertThat(content("uplot.license.txt")).contains("The MIT License", "Leon Sorokin");
        assertThat(content("uplot.js")).startsWith("/*! https://github.com/leeoniya/uPlot");
    }

    private static String content(String name) throws IOException {
        try (InputStream in = SluicePage.class.getResourceAsStream("page/" + name)) {
            assertThat(in).as("page/" + name).isNotNull();
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
