package dev.sluice.samples.filestats;

import java.io.Serializable;

/** What became of one path: its statistics, or why there are none. */
public sealed interface Outcome extends Serializable permits FileStats, Failure {

    /** The file or folder, as it was named or found. */
    String path();
}
