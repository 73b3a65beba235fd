package dev.sluice.samples.uploadserver;

import java.nio.charset.StandardCharsets;

/** The last part of a path, if that is fit to be the name of a file in one folder. */
final class FileName {

    private static final int MOST_BYTES = 200;

    private FileName() {}

    /** Such as those that turn the direction of what follows, so that a name looks like another. */
    private static boolean isFormat(int c) {
        return Character.getType(c) == Character.FORMAT;
    }

    /** Returns the name, which leads nowhere but into the folder, or refuses it. */
    static String checked(String name) {
        if (name.isEmpty()) {
            throw new Refusal(400, "a name is missing");
        }
        if (name.startsWith(".")) {
            throw new Refusal(400, "a name must not begin with a dot");
        }
        if (name.chars()
                .anyMatch(c -> c == '/' || c == '\\' || Character.isISOControl(c) || isFormat(c) || c == 0xFFFD)) {
            throw new Refusal(400, "a name must not have slashes, backslashes, control or format characters");
        }
        int bytes = name.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > MOST_BYTES) {
            throw new Refusal(400, "a name must have at most %,d bytes, not %,d", MOST_BYTES, bytes);
        }
        return name;
    }
}
