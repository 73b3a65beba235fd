/**
 * What Spring Boot does with Sluice on the class path: one budget, one pool, and all of WebFlux on it.
 *
 * <p>{@link dev.sluice.spring.boot.SluiceProperties} says what can be set; nothing has to be. Every bean steps aside
 * for one of the application's own.
 *
 * <h2>Rooms</h2>
 * The name of each file begins with the name of its room.
 *
 * <table class="striped">
 * <caption>Which file to open</caption>
 * <thead><tr><th>room</th><th>files</th><th>what is done there</th></tr></thead>
 * <tbody>
 * <tr><td>beans</td><td>{@code Sluice*}</td>
 *     <td>auto-configurations, properties, the endpoint and its page, health</td></tr>
 * <tr><td>properties</td><td>{@code Property*}</td>
 *     <td>what is wrong with a property, and what to write instead</td></tr>
 * <tr><td>pools</td><td>{@code Pools*}</td>
 *     <td>all pools and budgets of the application: made, looked at, judged</td></tr>
 * <tr><td>requests</td><td>{@code Request*}</td>
 *     <td>limits of requests, memory of responses</td></tr>
 * </tbody>
 * </table>
 */
@NullMarked
package dev.sluice.spring.boot;

import org.jspecify.annotations.NullMarked;
