package dev.sluice.samples.demandcurve;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStringBuilder;
import org.jline.utils.AttributedStyle;

/**
 * The picture of a run so far in rows of characters: one column for each stretch of time, in flight and idle piled up in
 * it to an eighth of a row.
 *
 * @param maxBytes the budget
 * @param hours how many hours the whole run has
 */
record TerminalChart(long maxBytes, double hours) {

    private static final String EIGHTHS = " ▁▂▃▄▅▆▇█";
    private static final int AXIS_COLUMNS = 7;
    private static final int OTHER_ROWS = 4;
    private static final int HOURS_PER_LABEL = 3;

    private static final AttributedStyle PLAIN = AttributedStyle.DEFAULT;
    private static final AttributedStyle FAINT = PLAIN.foreground(0x88, 0x88, 0x88);
    private static final AttributedStyle IN_FLIGHT = PLAIN.foreground(0x00, 0x72, 0xB2);
    private static final AttributedStyle IDLE = PLAIN.foreground(0xA6, 0xD8, 0xF5);
    private static final AttributedStyle IN_FLIGHT_BEFORE_IDLE = IN_FLIGHT.background(0xA6, 0xD8, 0xF5);
    private static final AttributedStyle WANTED = PLAIN.foreground(0xE6, 0x7E, 0x22);

    /** What is drawn in one column: the mean of its samples. */
    private record Column(double inFlight, double allocated, double wanted, double resident) {}

    /** Draws into so many columns and rows. */
    List<AttributedString> draw(Recording recording, int width, int height) {
        int rows = Math.max(4, height - OTHER_ROWS);
        List<Column> columns = columns(recording, Math.max(8, width - AXIS_COLUMNS));
        double top = 1.1 * Math.max(maxBytes, recording.most(Sample::wanted));
        List<AttributedString> lines = new ArrayList<>();
        lines.add(heading(recording.last()));
        lines.add(legend(recording.last()));
        for (int row = rows - 1; row >= 0; row--) {
            lines.add(row(columns, row, top / rows));
        }
        lines.add(hoursAxis(Math.max(8, width - AXIS_COLUMNS)));
        return lines.stream().map(line -> line.columnSubSequence(0, width)).toList();
    }

    private List<Column> columns(Recording recording, int count) {
        List<List<Sample>> buckets = new ArrayList<>();
        for (Sample sample : recording.samples()) {
            int place = (int) Math.min(count - 1, sample.hour() / hours * count);
            while (buckets.size() <= place) {
                buckets.add(new ArrayList<>());
            }
            buckets.get(place).add(sample);
        }
        List<Column> columns = new ArrayList<>();
        for (List<Sample> bucket : buckets) {
            columns.add(bucket.isEmpty() ? columns.get(columns.size() - 1) : mean(bucket));
        }
        return columns;
    }

    private static Column mean(List<Sample> bucket) {
        return new Column(
                bucket.stream().mapToLong(Sample::inFlight).average().orElse(0),
                bucket.stream().mapToLong(Sample::allocated).average().orElse(0),
                bucket.stream().mapToLong(Sample::wanted).average().orElse(0),
                bucket.stream().mapToLong(Sample::resident).average().orElse(0));
    }

    private AttributedString row(List<Column> columns, int row, double bytesPerRow) {
        AttributedStringBuilder line = new AttributedStringBuilder();
        boolean budgetHere = (int) (maxBytes / bytesPerRow) == row;
        boolean labelled = budgetHere || row % 4 == 0 && Math.abs(row - maxBytes / bytesPerRow) > 2;
        double labelMib = budgetHere ? maxBytes >> 20 : row * bytesPerRow / (1 << 20);
        String label = labelled ? String.format(Locale.ROOT, "%5.0f ", labelMib) : "      ";
        line.styled(FAINT, label + (labelled ? "+" : "|"));
        for (Column column : columns) {
            cell(line, column, row, bytesPerRow, budgetHere);
        }
        if (budgetHere) {
            line.styled(FAINT, " budget");
        }
        return line.toAttributedString();
    }

    /** What is on a line goes over what fills an area. */
    private static void cell(
            AttributedStringBuilder line, Column column, int row, double bytesPerRow, boolean budgetHere) {
        double inFlight = column.inFlight / bytesPerRow - row;
        double allocated = column.allocated / bytesPerRow - row;
        if (column.wanted > 1.02 * column.inFlight && (int) (column.wanted / bytesPerRow) == row) {
            line.styled(WANTED, "━");
        } else if (allocated <= 0 && (int) (column.resident / bytesPerRow) == row) {
            line.styled(PLAIN, "·");
        } else if (inFlight > 0 && inFlight < 1 && allocated > inFlight) {
            line.styled(allocated < 1 ? IN_FLIGHT : IN_FLIGHT_BEFORE_IDLE, eighths(inFlight));
        } else if (inFlight > 0) {
            line.styled(IN_FLIGHT, eighths(inFlight));
        } else if (allocated > 0) {
            line.styled(IDLE, eighths(allocated));
        } else {
            line.styled(FAINT, budgetHere ? "┄" : " ");
        }
    }

    private static String eighths(double filled) {
        int eighths = (int) Math.ceil(8 * Math.min(1, filled));
        return EIGHTHS.substring(eighths, eighths + 1);
    }

    private AttributedString heading(Sample now) {
        return new AttributedStringBuilder()
                .styled(PLAIN.bold(), Clock.format(now.hour()) + "  " + Day.at(now.hour() % Day.HOURS))
                .styled(FAINT, String.format(Locale.ROOT, "  %,d readers, %,d wait", now.readers(), now.pending()))
                .toAttributedString();
    }

    private static AttributedString legend(Sample now) {
        AttributedStringBuilder line = new AttributedStringBuilder();
        entry(line, IN_FLIGHT, "█ in flight", now.inFlight());
        entry(line, IDLE, "█ idle", now.idle());
        entry(line, WANTED, "━ wanted", now.wanted());
        entry(line, PLAIN, "· resident", now.resident());
        return line.styled(FAINT, "MiB").toAttributedString();
    }

    private static void entry(AttributedStringBuilder line, AttributedStyle style, String name, long bytes) {
        line.styled(style, name.substring(0, 1))
                .append(String.format(Locale.ROOT, "%s %d   ", name.substring(1), bytes >> 20));
    }

    private AttributedString hoursAxis(int width) {
        StringBuilder axis = new StringBuilder(" ".repeat(AXIS_COLUMNS + width));
        for (int hour = 0; hour < hours; hour += HOURS_PER_LABEL) {
            int place = AXIS_COLUMNS + (int) (hour / hours * width);
            String label = Clock.format(hour);
            if (place + label.length() <= axis.length()) {
                axis.replace(place, place + label.length(), label);
            }
        }
        return new AttributedString(axis, FAINT);
    }
}
