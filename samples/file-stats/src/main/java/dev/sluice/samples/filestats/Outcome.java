package dev.sluice.samples.filestats;

/** What became of one path: its statistics, or why there are none. */
sealed interface Outcome permits FileStats, Failure {

    String path();
}
