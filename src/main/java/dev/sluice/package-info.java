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
 * they cost: {@code take...} and {@code retire...} are one compare-and-set that may lose, {@code giveBack} is one atomic
 * add that never loses, and {@code ...Exactly} runs under the lock of the {@link dev.sluice.MemoryBudget} tree.
 */
@NullMarked
package dev.sluice;

import org.jspecify.annotations.NullMarked;
