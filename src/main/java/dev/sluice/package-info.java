/**
 * Pooled byte buffers under one byte budget, with no dependency but the JDK.
 *
 * <p>A {@link dev.sluice.BufferPool} hands out {@link dev.sluice.PooledBuffer} leases of any size; a
 * {@link dev.sluice.MemoryBudget} bounds the bytes of one pool or of many. The three ways to ask for a buffer are
 * always the same: {@code tryAcquire} answers at once or is empty, {@code acquire} answers at once or throws, and
 * {@code request} answers later, in turn.
 *
 * <h2>Names that carry a memory ordering</h2>
 * Fields that several threads write are read and written through the accessors of their class, whose names say what
 * they cost: {@code take...} and {@code retire...} are one compare-and-set that may lose, {@code giveBack} is one
 * atomic add that never loses, and {@code ...Locked} runs under the lock of the {@link dev.sluice.MemoryBudget} tree.
 *
 * <h2>Rooms</h2>
 * The name of each file begins with the name of its room.
 *
 * <table class="striped">
 * <caption>Which file to open</caption>
 * <thead><tr><th>room</th><th>files</th><th>what is done there</th></tr></thead>
 * <tbody>
 * <tr><td>pool</td><td>{@code BufferPool* Pool* Demand}</td><td>what a program calls, its settings, clock,
 *     threads and statistics</td></tr>
 * <tr><td>errors</td><td>{@code BufferPoolException BufferReleased* InvalidSize* BudgetTooSmall* PoolExhausted*
 * PoolConfigException
 *     PoolClosed* Messages}</td><td>what a pool refuses, with every number</td></tr>
 * <tr><td>lease</td><td>{@code PooledBuffer Lease* SharedLease Leak*}</td><td>one holder's right to a buffer, and what
 *     watches it</td></tr>
 * <tr><td>slot</td><td>{@code Slot Slab* Native* StackReserve}</td><td>the memory, and which part of it is
 * free</td></tr>
 * <tr><td>size</td><td>{@code Size* HighWater}</td><td>the slabs of one size, and every release</td></tr>
 * <tr><td>budget</td><td>{@code MemoryBudget Ledger* Pending* WaitLine GrantDelivery}</td><td>who may grow, who
 *     must wait, and who is next</td></tr>
 * <tr><td>shrinking</td><td>{@code Shrinker}</td><td>idle memory on its way back to the system</td></tr>
 * <tr><td>events</td><td>{@code PoolEvent PoolListener Event* Flight*}</td><td>what listeners and flight recordings are
 *     told</td></tr>
 * </tbody>
 * </table>
 */
@NullMarked
package dev.sluice;

import org.jspecify.annotations.NullMarked;
