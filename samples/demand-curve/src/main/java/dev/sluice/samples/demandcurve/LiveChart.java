package dev.sluice.samples.demandcurve;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.Terminal.Signal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.AttributedString;
import org.jline.utils.Curses;
import org.jline.utils.Display;
import org.jline.utils.InfoCmp.Capability;

/** Draws the chart in a terminal, always in the same place, and leaves it there in the end. */
final class LiveChart implements View {

    private static final double SECONDS_PER_FRAME = 0.2;
    private static final int ENDED_BY_CTRL_C = 130;

    private final Terminal terminal;
    private final Display display;
    private final TerminalChart chart;
    private final String cursorNormal;
    private final AtomicBoolean resized = new AtomicBoolean(true);
    private final AtomicBoolean closed = new AtomicBoolean();
    private Size size = Size.of(80, 24);
    private double due;

    LiveChart(Terminal terminal, TerminalChart chart) {
        this.terminal = terminal;
        this.chart = chart;
        this.display = new Display(terminal, false);
        this.cursorNormal = Curses.tputs(terminal.getStringCapability(Capability.cursor_normal));
        terminal.handle(Signal.WINCH, signal -> resized.set(true));
        // JLine would let the system end the process: the cursor would stay hidden and the temporary file stay.
        terminal.handle(Signal.INT, signal -> System.exit(ENDED_BY_CTRL_C));
        terminal.puts(Capability.cursor_invisible);
        Runtime.getRuntime().addShutdownHook(new Thread(this::close));
    }

    /** The terminal of the process, if there is one that can move its cursor; null otherwise. */
    static Terminal terminal() {
        try {
            Terminal terminal = TerminalBuilder.builder()
                    .system(true)
                    .provider("exec")
                    .dumb(true)
                    .graphemeCluster(false) // ask the terminal nothing: its answers would be typed to the shell
                    .build();
            if (terminal.getStringCapability(Capability.cursor_up) != null && canDraw(terminal)) {
                return terminal;
            }
            terminal.close();
            return null;
        } catch (IOException | IllegalStateException e) {
            return null;
        }
    }

    private static boolean canDraw(Terminal terminal) {
        return terminal.encoding().newEncoder().canEncode('█');
    }

    @Override
    public void show(Recording recording) {
        double now = recording.last().seconds();
        if (now >= due && !closed.get()) {
            due = now + SECONDS_PER_FRAME;
            draw(recording);
        }
    }

    private void draw(Recording recording) {
        if (resized.getAndSet(false)) {
            size = usable(terminal.getSize());
            display.resize(size);
        }
        List<AttributedString> lines = chart.draw(recording, size.getColumns() - 1, size.getRows());
        display.update(lines, size.cursorPos(lines.size() - 1, 0));
    }

    /** A terminal that does not know its size says 0. */
    private static Size usable(Size told) {
        return told.getColumns() < 20 || told.getRows() < 9 ? Size.of(80, 24) : told;
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            System.out.println(cursorNormal); // at shutdown, JLine closes its own stream at the same time
            try {
                terminal.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
