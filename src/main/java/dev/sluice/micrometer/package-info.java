/**
 * Pools as meters of Micrometer: {@link dev.sluice.micrometer.PoolMetrics} binds a pool to a registry,
 * {@link dev.sluice.micrometer.PoolMeter} lists what it binds.
 */
@NullMarked
package dev.sluice.micrometer;

import org.jspecify.annotations.NullMarked;
