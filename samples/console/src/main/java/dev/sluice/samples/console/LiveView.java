package dev.sluice.samples.console;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.Terminal.Signal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.AttributedString;
import org.jline.utils.Curses;
import org.jline.utils.Display;
import org.jline.utils.InfoCmp.Capability;

/**
 * Draws a picture in a terminal, always in the same place, with the log above it.
 *
 * @param <S> what is drawn
 */
public final class LiveView<S> implements View<S> {

    private static final int ENDED_BY_CTRL_C = 130;

    private final Terminal terminal;
    private final Display display;
    private final Drawing<? super S> picture;
    private final int mostRows;
    private final String cursorNormal;
    private Size size = Size.of(80, 24);
    private List<AttributedString> lines = List.of();
    private boolean resized = true;
    private boolean interrupted;
    private boolean closed;

    /**
     * Takes a terminal over, until {@link #close()}.
     *
     * @param terminal of {@link #terminal()}
     * @param mostRows how high the picture may become
     * @param picture how to draw
     */
    public LiveView(Terminal terminal, int mostRows, Drawing<? super S> picture) {
        this.terminal = terminal;
        this.display = new Display(terminal, false);
        this.picture = picture;
        this.mostRows = mostRows;
        this.cursorNormal = Curses.tputs(terminal.getStringCapability(Capability.cursor_normal));
        terminal.handle(Signal.WINCH, signal -> resize());
        terminal.handle(Signal.INT, signal -> interrupt());
        terminal.puts(Capability.cursor_invisible);
    }

    /**
     * The terminal of the process.
     *
     * @return null unless there is one that can move its cursor
     */
    public static Terminal terminal() {
        try {
            Terminal terminal = TerminalBuilder.builder()
                    .system(true)
                    .provider("exec")
                    .dumb(true)
                    .graphemeCluster(false) // ask the terminal nothing: its answers would be typed to the shell
                    .build();
            if (terminal.getStringCapability(Capability.cursor_up) != null
                    && terminal.encoding().newEncoder().canEncode('█')) {
                return terminal;
            }
            terminal.close();
            return null;
        } catch (IOException | IllegalStateException e) {
            return null;
        }
    }

    private synchronized void resize() {
        resized = true;
    }

    /** From here on JLine closes the terminal at the same time as everything else ends. */
    private void interrupt() {
        synchronized (this) {
            interrupted = true;
        }
        System.exit(ENDED_BY_CTRL_C);
    }

    @Override
    public synchronized void show(S state) {
        if (closed || interrupted) {
            return;
        }
        if (resized) {
            resized = false;
            size = usable(terminal.getSize());
            display.resize(size);
        }
        lines = picture.draw(state, size.getColumns() - 1, Math.min(mostRows, size.getRows() - 1));
        draw();
    }

    private void draw() {
        if (!lines.isEmpty()) {
            display.update(lines, size.cursorPos(lines.size() - 1, 0));
        }
    }

    /** Goes where the picture was; that is drawn anew below. */
    @Override
    public synchronized void log(String line) {
        if (closed || interrupted) {
            System.out.println(line);
            return;
        }
        display.update(List.of(), 0);
        terminal.writer().println(line);
        display.reset();
        draw();
    }

    /** A terminal that does not know its size says 0. */
    private static Size usable(Size told) {
        return told.getColumns() < 20 || told.getRows() < 9 ? Size.of(80, 24) : told;
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            System.out.println(cursorNormal); // at shutdown, JLine closes its own stream at the same time
            try {
                terminal.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
