/**
 * Pooled buffers under reactor-netty: an allocator whose {@code ByteBuf}s are leases of a {@link dev.sluice.BufferPool}, so
 * that what comes in on a connection is a {@link dev.sluice.PooledBuffer} without a copy, and what goes out as well.
 *
 * <pre>{@code
 *   socket  ->  ByteBuf over a lease  ->  decoders, TLS  ->  ByteBuf, a part of it  ->  a further lease on that part
 *           equip                                                             reactor-netty
 * }</pre>
 *
 * <h2>Ownership</h2>
 * A {@code ByteBuf} owns its lease and releases it when its reference count reaches zero. A lease on the bytes of a {@code
 * ByteBuf} is one of its own: it keeps the memory, and the {@code ByteBuf} may go.
 *
 * <h2>Bounds</h2>
 * The pool's budget holds what connections read, decrypt and encode. While it is used up, they go on, with less at once,
 * in an overflow that has a budget too: see {@link dev.sluice.netty.BufferPoolAllocator}.
 *
 * <h2>Where it works</h2>
 * On NIO and on the native transports, with and without {@code sun.misc.Unsafe}. Where Netty knows no address of a direct
 * buffer, which is Java 17 to 21 with Unsafe switched off, the lease on a part of a buffer is a copy.
 */
@NullMarked
package dev.sluice.netty;

import org.jspecify.annotations.NullMarked;
