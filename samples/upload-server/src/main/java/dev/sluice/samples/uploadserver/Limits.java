package dev.sluice.samples.uploadserver;

import java.time.Duration;

/**
 * What is too much.
 *
 * @param maxUploadBytes how long a file may be
 * @param maxUploads how many uploads there may be at a time
 * @param stall how long a client may send nothing
 */
record Limits(long maxUploadBytes, int maxUploads, Duration stall) {}
