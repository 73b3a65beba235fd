package dev.sluice.samples.sparkfiles;

import dev.sluice.samples.filestats.Outcome;
import java.io.Serializable;

/**
 * What became of one piece of work.
 *
 * @param work the work
 * @param outcome what was found, or why there is nothing
 * @param written how many bytes were written; 0 where nothing is to be written
 */
record Part(Work work, Outcome outcome, long written) implements Serializable {}
