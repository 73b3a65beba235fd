package dev.sluice.samples.webfluxfiles;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.springframework.http.HttpStatus;
import org.springframework.web.server.ResponseStatusException;

/** Which names a file may have: no way out of the directory, nothing hidden, nothing that a file system refuses. */
final class FileName {

    private static final Pattern SAFE = Pattern.compile("[\\p{L}\\p{N}_][\\p{L}\\p{M}\\p{N} ._()+,=@-]*");
    private static final int MAX_BYTES = 255;

    private FileName() {}

    static String checked(String name) {
        if (!SAFE.matcher(name).matches() || name.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
            throw new ResponseStatusException(
                    HttpStatus.BAD_REQUEST,
                    "a name has letters, digits, spaces and ._()+,=@- only, begins with none of the latter but _,"
                            + " and takes %d bytes at most".formatted(MAX_BYTES));
        }
        return name;
    }
}
