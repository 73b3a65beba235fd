package dev.sluice.samples.uploadserver;

import java.time.Duration;

/**
 * What is too much.
 *
 * @param maxUploadBytes how long a file may be
 * @param stall how long a client may send nothing
 */
record Limits(long maxUploadBytes, Duration stall) {}
