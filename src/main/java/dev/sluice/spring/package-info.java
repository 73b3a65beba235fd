/**
 * Spring WebFlux: a {@code DataBufferFactory} over a pool, conversions between {@code DataBuffer} and
 * {@link dev.sluice.PooledBuffer}, codecs for request and response bodies, and a choice of what happens when memory is
 * short.
 *
 * <h2>Ownership</h2>
 * A {@code DataBuffer} and a lease are two names of one right: a conversion takes its argument over, and the caller
 * that gets the result releases it. Where both can name the same memory, nothing is copied.
 *
 * <h2>Rooms</h2>
 * The name of each file begins with the name of its room.
 *
 * <table class="striped">
 * <caption>Which file to open</caption>
 * <thead><tr><th>room</th><th>files</th><th>what is done there</th></tr></thead>
 * <tbody>
 * <tr><td>codecs</td><td>{@code PooledBuffer*}</td>
 *     <td>bodies of requests and responses as leases, and back</td></tr>
 * <tr><td>conversions</td><td>{@code DataBuffers*}</td>
 *     <td>data buffers as leases, and back</td></tr>
 * <tr><td>factory</td><td>{@code PooledData* PoolData*}</td>
 *     <td>data buffers whose memory is of a pool</td></tr>
 * <tr><td>budgets</td><td>{@code Budget* RequestBudget BufferLimits}</td>
 *     <td>which pool and which limits a request has</td></tr>
 * <tr><td>bodies</td><td>{@code Body*}</td>
 *     <td>request bodies that are limited</td></tr>
 * <tr><td>beans</td><td>{@code BufferBudgetFilter BufferErrorHandler BufferProblems BufferFluxResultHandler}</td>
 *     <td>what stands in the way of each request and answer</td></tr>
 * <tr><td>small things</td><td>{@code Messages}</td>
 *     <td>what several rooms use</td></tr>
 * </tbody>
 * </table>
 */
@NullMarked
package dev.sluice.spring;

import org.jspecify.annotations.NullMarked;
