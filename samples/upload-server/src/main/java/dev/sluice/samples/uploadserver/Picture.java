package dev.sluice.samples.uploadserver;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStringBuilder;
import org.jline.utils.AttributedStyle;

/**
 * What the terminal shows: the memory, and a bar for each upload.
 *
 * @param title the first line
 */
record Picture(String title) {

    private static final int NAME_COLUMNS = 22;
    private static final int NUMBERS_COLUMNS = 36;

    private static final AttributedStyle PLAIN = AttributedStyle.DEFAULT;
    private static final AttributedStyle FAINT = PLAIN.foreground(0x88, 0x88, 0x88);
    private static final AttributedStyle DONE = PLAIN.foreground(0x00, 0x72, 0xB2);
    private static final AttributedStyle IDLE = PLAIN.foreground(0xA6, 0xD8, 0xF5);

    /** Draws into so many columns and at most so many rows. */
    List<AttributedString> draw(State state, int width, int height) {
        List<AttributedString> lines = new ArrayList<>();
        lines.add(new AttributedString(title, PLAIN.bold()));
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
        return new AttributedStringBuilder()
                .append("memory: ")
                .styled(DONE, "█")
                .append(" in flight " + ByteSize.format(pool.bytesInUse()) + "  ")
                .styled(IDLE, "█")
                .append(" idle " + ByteSize.format(pool.idleBytes()) + "  ")
                .append("budget " + ByteSize.format(pool.maxBytes()) + "  ")
                .append(String.format(Locale.ROOT, "%,d pending", pool.pending()))
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
                .styled(DONE, "█".repeat(done))
                .styled(FAINT, "┄".repeat(columns - done))
                .append(" %s%s".formatted(ByteSize.format(upload.bytes()), of))
                .styled(FAINT, "  " + ByteSize.format(upload.bytesPerSecond()) + "/s")
                .toAttributedString();
    }

    private static String name(String name) {
        String shown = Answer.printable(name);
        int most = NAME_COLUMNS - 1;
        return ("%-" + NAME_COLUMNS + "s")
                .formatted(shown.length() <= most ? shown : shown.substring(0, most - 1) + "…");
    }
}
