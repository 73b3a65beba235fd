package dev.sluice.samples.demandcurve;

import dev.sluice.samples.console.LiveView;
import org.jline.terminal.Terminal;

/** Draws the chart in a terminal, as high as that is, and leaves it there in the end. */
final class LiveChart implements View {

    private static final double SECONDS_PER_FRAME = 0.2;

    private final LiveView<Recording> view;
    private double due;

    LiveChart(Terminal terminal, TerminalChart chart) {
        view = new LiveView<>(
                terminal, Integer.MAX_VALUE, (recording, width, height) -> chart.draw(recording, width, height + 1));
        Runtime.getRuntime().addShutdownHook(new Thread(view::close));
    }

    @Override
    public void show(Recording recording) {
        double now = recording.last().seconds();
        if (now >= due) {
            due = now + SECONDS_PER_FRAME;
            view.show(recording);
        }
    }

    @Override
    public void close() {
        view.close();
    }
}
