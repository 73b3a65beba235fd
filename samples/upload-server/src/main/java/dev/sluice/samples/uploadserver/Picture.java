package dev.sluice.samples.uploadserver;

import dev.sluice.samples.console.ByteSize;
import dev.sluice.samples.console.Palette;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStringBuilder;

/**
 * What the terminal shows: the memory, and a bar for each upload.
 *
 * @param title the first line
 */
record Picture(String title) {

    private static final int NAME_COLUMNS = 22;
    private static final int NUMBERS_COLUMNS = 36;

    /** Draws into so many columns and at most so many rows. */
    List<AttributedString> draw(State state, int width, int height) {
        List<AttributedString> lines = new ArrayList<>();
        lines.add(new AttributedString(title, Palette.PLAIN.bold()));
        lines.add(counts(state));
        lines.add(memory(state.pool()));
        state.uploads().stream()
                .limit(Math.max(0, height - lines.size() - 1L))
                .map(upload -> upload(upload, width))
                .forEach(lines::add);
        return lines.stream().map(line -> line.columnSubSequence(0, width)).toList();
    }

    private static AttributedString counts(State state) {
        return new AttributedString(String.format(
                Locale.ROOT,
                "%,d uploading, %,d stored with %s, %,d broken off",
                state.uploads().size(),
                state.stored(),
                ByteSize.format(state.storedBytes()),
                state.failed()));
    }

    private static AttributedString memory(State.Memory pool) {
        AttributedStringBuilder line = new AttributedStringBuilder().append("memory: ");
        return Palette.memory(line, pool.bytesInUse(), pool.idleBytes(), pool.maxBytes(), pool.pending())
                .toAttributedString();
    }

    private static AttributedString upload(Upload.Seen upload, int width) {
        int columns = Math.max(4, width - NAME_COLUMNS - NUMBERS_COLUMNS);
        double fraction = upload.total() == null || upload.total() == 0
                ? 0
                : Math.min(1, (double) upload.bytes() / upload.total());
        int done = (int) (columns * fraction);
        String of = upload.total() == null ? "" : " of " + ByteSize.format(upload.total());
        return new AttributedStringBuilder()
                .append(name(upload.name()))
                .styled(Palette.IN_FLIGHT, "█".repeat(done))
                .styled(Palette.FAINT, "┄".repeat(columns - done))
                .append(" %s%s".formatted(ByteSize.format(upload.bytes()), of))
                .styled(Palette.FAINT, "  " + ByteSize.format(upload.bytesPerSecond()) + "/s")
                .toAttributedString();
    }

    private static String name(String name) {
        String shown = Answer.printable(name);
        int most = NAME_COLUMNS - 1;
        return ("%-" + NAME_COLUMNS + "s")
                .formatted(shown.length() <= most ? shown : shown.substring(0, most - 1) + "…");
    }
}
