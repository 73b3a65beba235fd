package dev.sluice.samples.demandcurve;

/** Shows a run while it goes on. */
interface View extends AutoCloseable {

    /** Something was measured; what came before is among the samples of the recording. */
    void show(Recording recording);

    @Override
    void close();
}
