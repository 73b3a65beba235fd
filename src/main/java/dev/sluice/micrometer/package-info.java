/**
 * Pools as meters of Micrometer: {@link dev.sluice.micrometer.PoolMetrics} binds a pool to a registry,
 * {@link dev.sluice.micrometer.PoolMeter} lists what it binds.
 *
 * <h2>Rooms</h2>
 * The name of each file begins with the name of its room.
 *
 * <table class="striped">
 * <caption>Which file to open</caption>
 * <thead><tr><th>room</th><th>files</th><th>what is done there</th></tr></thead>
 * <tbody>
 * <tr><td>meters</td><td>{@code PoolMeter PoolMetrics}</td>
 *     <td>what users bind and read</td></tr>
 * <tr><td>binding</td><td>{@code PoolMetrics*}</td>
 *     <td>one pool at one registry</td></tr>
 * </tbody>
 * </table>
 */
@NullMarked
package dev.sluice.micrometer;

import org.jspecify.annotations.NullMarked;
