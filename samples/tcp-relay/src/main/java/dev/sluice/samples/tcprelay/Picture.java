package dev.sluice.samples.tcprelay;

import dev.sluice.PoolStats;
import dev.sluice.samples.console.ByteSize;
import dev.sluice.samples.console.Palette;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStringBuilder;

/** What the terminal shows: connections, throughput of the last half minute, memory, and the busiest connections. */
final class Picture {

    private static final String EIGHTHS = " ▁▂▃▄▅▆▇█";
    private static final int LABEL_COLUMNS = 13;
    private static final int HISTORY = 120;
    private static final int ROWS_WITHOUT_CONNECTIONS = 7;

    private final String title;
    private final Deque<Long> toTarget = new ArrayDeque<>();
    private final Deque<Long> toClients = new ArrayDeque<>();

    Picture(String title) {
        this.title = title;
    }

    /** Draws into so many columns and at most so many rows. */
    List<AttributedString> draw(Gauge.Sample sample, int width, int height) {
        remember(toTarget, sample.toTargetPerSecond());
        remember(toClients, sample.toClientsPerSecond());
        Traffic.Totals totals = sample.totals();
        List<AttributedString> lines = new ArrayList<>();
        lines.add(heading(sample));
        lines.add(connections(totals));
        lines.add(throughput("to target", sample.toTargetPerSecond(), totals.toTarget(), toTarget, width));
        lines.add(throughput("to clients", sample.toClientsPerSecond(), totals.toClients(), toClients, width));
        lines.add(memory(sample.pool(), width));
        lines.add(memoryNumbers(sample.pool()));
        int rows =
                Math.min(height - ROWS_WITHOUT_CONNECTIONS, sample.connections().size());
        if (rows > 0) {
            lines.add(new AttributedString(
                    String.format("%-26s %8s %14s %14s", "busiest", "open for", "to target", "to client"),
                    Palette.FAINT));
            sample.connections().stream().limit(rows).map(Picture::connection).forEach(lines::add);
        }
        return lines.stream().map(line -> line.columnSubSequence(0, width)).toList();
    }

    private static void remember(Deque<Long> history, long value) {
        history.addLast(value);
        if (history.size() > HISTORY) {
            history.removeFirst();
        }
    }

    private AttributedString heading(Gauge.Sample sample) {
        return new AttributedStringBuilder()
                .styled(Palette.PLAIN.bold(), title)
                .styled(Palette.FAINT, "  " + Times.clock(sample.seconds()))
                .toAttributedString();
    }

    private static AttributedString connections(Traffic.Totals totals) {
        return labelled("connections")
                .append(String.format(
                        Locale.ROOT,
                        "%,d open, %,d ended, %,d failed, %,d refused",
                        totals.open(),
                        totals.ended(),
                        totals.failed(),
                        totals.refused()))
                .toAttributedString();
    }

    private static AttributedString throughput(
            String label, long perSecond, long total, Deque<Long> history, int width) {
        String numbers = "%12s/s %12s in all  ".formatted(ByteSize.format(perSecond), ByteSize.format(total));
        int columns = Math.max(0, width - LABEL_COLUMNS - numbers.length());
        return labelled(label)
                .append(numbers)
                .styled(Palette.IN_FLIGHT, curve(history, columns))
                .toAttributedString();
    }

    /** The newest to the right, the highest of them a full column. */
    private static String curve(Deque<Long> history, int columns) {
        List<Long> shown = new ArrayList<>(history);
        shown = shown.subList(Math.max(0, shown.size() - columns), shown.size());
        long most = Math.max(1, shown.stream().mapToLong(Long::longValue).max().orElse(0));
        StringBuilder curve = new StringBuilder();
        for (long value : shown) {
            int eighths = (int) Math.ceil(8.0 * value / most);
            curve.append(EIGHTHS.charAt(eighths));
        }
        return curve.toString();
    }

    private static AttributedString memory(PoolStats pool, int width) {
        int columns = Math.max(10, width - LABEL_COLUMNS);
        int inFlight = (int) Math.ceil((double) columns * pool.bytesInUse() / pool.limitBytes());
        int allocated = (int) Math.ceil((double) columns * pool.allocatedBytes() / pool.limitBytes());
        return labelled("memory")
                .styled(Palette.IN_FLIGHT, "█".repeat(inFlight))
                .styled(Palette.IDLE, "█".repeat(Math.max(0, allocated - inFlight)))
                .styled(Palette.FAINT, "┄".repeat(Math.max(0, columns - Math.max(inFlight, allocated))))
                .toAttributedString();
    }

    private static AttributedString memoryNumbers(PoolStats pool) {
        return Palette.memory(labelled(""), pool.bytesInUse(), pool.idleBytes(), pool.limitBytes(), pool.pending())
                .toAttributedString();
    }

    private static AttributedString connection(Gauge.Rate rate) {
        return new AttributedString("%-26s %8s %12s/s %12s/s"
                .formatted(
                        rate.passage().client(),
                        Times.clock(rate.seconds()),
                        ByteSize.format(rate.toTargetPerSecond()),
                        ByteSize.format(rate.toClientPerSecond())));
    }

    private static AttributedStringBuilder labelled(String label) {
        return new AttributedStringBuilder().styled(Palette.FAINT, ("%-" + LABEL_COLUMNS + "s").formatted(label));
    }
}
