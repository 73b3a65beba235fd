/**
 * Pooled buffers under reactor-netty: an allocator whose {@code ByteBuf}s are leases of a {@link
 * dev.sluice.BufferPool}, so that what comes in on a connection is a {@link dev.sluice.PooledBuffer} without a copy,
 * and what goes out as well.
 *
 * <pre>{@code
 *   socket  ->  ByteBuf over a lease  ->  decoders, TLS  ->  ByteBuf, a part of it  ->  a further lease on that part
 *           equip                                                             reactor-netty
 * }</pre>
 *
 * <h2>Ownership</h2>
 * A {@code ByteBuf} owns its lease and releases it when its reference count reaches zero. A lease on the bytes of a
 * {@code ByteBuf} is one of its own: it keeps the memory, and the {@code ByteBuf} may go.
 *
 * <h2>Bounds</h2>
 * The pool's budget holds what connections read, decrypt and encode. While it is used up, they go on, with less at
 * once, in an overflow that has a budget too: see {@link dev.sluice.netty.BufferPoolAllocator}.
 *
 * <h2>Where it works</h2>
 * On NIO and on the native transports, with and without {@code sun.misc.Unsafe}. Where Netty knows no address of a
 * direct buffer, which is Java 17 to 21 with Unsafe switched off, the lease on a part of a buffer is a copy.
 *
 * <h2>Rooms</h2>
 * The name of each file begins with the name of its room.
 *
 * <table class="striped">
 * <caption>Which file to open</caption>
 * <thead><tr><th>room</th><th>files</th><th>what is done there</th></tr></thead>
 * <tbody>
 * <tr><td>API</td><td>{@code NettyBuffers BufferPoolAllocator}</td><td>what users call</td></tr>
 * <tr><td>allocator</td><td>{@code Allocator*}</td><td>which pool a buffer comes from, and how much a connection reads
 * at
 *     once</td></tr>
 * <tr><td>lease</td><td>{@code Lease*}</td><td>the {@code ByteBuf} that lives on a lease, and the way from one to the
 *     other</td></tr>
 * <tr><td>equip</td><td>{@code Equip*}</td><td>what a server's or client's connections are given beside the
 *     allocator</td></tr>
 * <tr><td>receive</td><td>{@code Receive*}</td><td>frames of Netty as buffers</td></tr>
 * <tr><td>send</td><td>{@code Send*}</td><td>buffers and files as what Netty writes</td></tr>
 * </tbody>
 * </table>
 */
@NullMarked
package dev.sluice.netty;

import org.jspecify.annotations.NullMarked;
