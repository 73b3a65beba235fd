package dev.sluice.samples.console;

import java.util.Locale;
import org.jline.utils.AttributedStringBuilder;
import org.jline.utils.AttributedStyle;

/** The colours of the pictures, and the line that says what they mean. */
public final class Palette {

    /** As the terminal writes. */
    public static final AttributedStyle PLAIN = AttributedStyle.DEFAULT;

    /** What is less important. */
    public static final AttributedStyle FAINT = PLAIN.foreground(0x88, 0x88, 0x88);

    /** Memory in flight, and what is done. */
    public static final AttributedStyle IN_FLIGHT = PLAIN.foreground(0x00, 0x72, 0xB2);

    /** Memory that is kept for the next one. */
    public static final AttributedStyle IDLE = PLAIN.foreground(0xA6, 0xD8, 0xF5);

    private Palette() {}

    /**
     * Appends the numbers of a pool, each beside its colour.
     *
     * @param line what to append to
     * @param inFlightBytes leased and not yet released
     * @param idleBytes kept for the next lease
     * @param limitBytes the budget
     * @param pending requests that wait
     * @return the line
     */
    public static AttributedStringBuilder memory(
            AttributedStringBuilder line, long inFlightBytes, long idleBytes, long limitBytes, long pending) {
        return line.styled(IN_FLIGHT, "█")
                .append(" in flight " + ByteSize.format(inFlightBytes) + "  ")
                .styled(IDLE, "█")
                .append(" idle " + ByteSize.format(idleBytes) + "  ")
                .styled(FAINT, "┄")
                .append(" budget " + ByteSize.format(limitBytes) + "  ")
                .append(String.format(Locale.ROOT, "%,d pending", pending));
    }
}
