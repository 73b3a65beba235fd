package dev.sluice.samples.console;

/**
 * Shows what a program does while it does it. Any thread may call.
 *
 * @param <S> what is shown: the state of the program at one time
 */
public interface View<S> extends AutoCloseable {

    /**
     * Shows a state instead of the one before.
     *
     * @param state what to show
     */
    void show(S state);

    /**
     * Prints a line to keep.
     *
     * @param line the line
     */
    void log(String line);

    @Override
    void close();
}
