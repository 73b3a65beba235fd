package dev.sluice.samples.uploadserver;

import dev.sluice.samples.console.View;
import java.io.PrintStream;

/**
 * Prints a line for each request: for a file, a pipe, or a terminal that cannot move its cursor.
 *
 * @param out where to
 */
record Lines(PrintStream out) implements View<State> {

    @Override
    public void show(State state) {}

    @Override
    public void log(String line) {
        out.println(line);
    }

    @Override
    public void close() {}
}
