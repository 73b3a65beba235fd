package dev.sluice.samples.sparkfiles;

import java.io.Serializable;

/**
 * What an executor says of its memory, sent to the driver when a task ends.
 *
 * @param executor the name that Spark gives it
 * @param maxBytes its budget
 * @param peakBytes the most that its pools ever had, in use and idle; at most the budget
 * @param tasks how many task attempts have ended on it
 * @param leaks how many of these left buffers behind
 */
record ExecutorMemory(String executor, long maxBytes, long peakBytes, long tasks, long leaks) implements Serializable {}
