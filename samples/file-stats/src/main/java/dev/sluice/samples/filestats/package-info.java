/**
 * Bytes, lines, checksums and digests of any number of files, streamed through one pool.
 *
 * <p>{@link dev.sluice.samples.filestats.FileStatsCommand} reads the command line, {@link
 * dev.sluice.samples.filestats.Inputs} finds the files, {@link dev.sluice.samples.filestats.Scan} streams them, and {@link
 * dev.sluice.samples.filestats.Report} says what came out.
 */
package dev.sluice.samples.filestats;
