/**
 * The pipeline of file-stats on Apache Spark, with one budget of memory for each executor.
 *
 * <p>{@link dev.sluice.samples.sparkfiles.SparkFilesCommand} reads the command line and lists the files, {@link
 * dev.sluice.samples.sparkfiles.Plan} cuts the work into tasks, {@link dev.sluice.samples.sparkfiles.TaskScan} runs one
 * of them in an executor, within the memory that {@link dev.sluice.samples.sparkfiles.SluiceSparkPlugin} gives it, and
 * {@link dev.sluice.samples.sparkfiles.Merge} makes one row of the parts of each file.
 */
package dev.sluice.samples.sparkfiles;
