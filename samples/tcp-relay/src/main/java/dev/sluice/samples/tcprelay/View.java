package dev.sluice.samples.tcprelay;

/** Shows what the relay does while it does it. Any thread may call. */
interface View extends AutoCloseable {

    void show(Gauge.Sample sample);

    /** A line to keep. */
    void log(String line);

    @Override
    void close();
}
