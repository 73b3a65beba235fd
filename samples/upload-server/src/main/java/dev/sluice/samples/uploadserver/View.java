package dev.sluice.samples.uploadserver;

/** Shows what the server does while it does it. Any thread may call. */
interface View extends AutoCloseable {

    void show(State state);

    /** A line to keep. */
    void log(String line);

    @Override
    void close();
}
