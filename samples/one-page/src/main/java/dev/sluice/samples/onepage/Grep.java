package dev.sluice.samples.onepage;

import dev.sluice.BufferPool;
import dev.sluice.flux.BufferFlux;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.regex.Pattern;

/** Prints the lines of a file that match a pattern, the first so many of them; then the rest is not read. */
final class Grep {

    private static final int LONGEST_LINE = 1 << 20;

    private Grep() {}

    public static void main(String[] arguments) {
        Pattern pattern = Pattern.compile(arguments[0]);
        Path file = Path.of(arguments[1]);
        long most = arguments.length > 2 ? Long.parseLong(arguments[2]) : Long.MAX_VALUE;
        try (BufferPool pool = BufferPool.builder().maxBytes(4 << 20).build()) {
            BufferFlux.read(file, pool)
                    .lines(StandardCharsets.UTF_8, LONGEST_LINE)
                    .filter(line -> pattern.matcher(line).find())
                    .take(most)
                    .doOnNext(System.out::println)
                    .blockLast();
        }
    }
}
