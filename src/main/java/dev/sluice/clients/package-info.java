/**
 * Bodies for clients that are not built on Reactor: what they send comes from a {@link dev.sluice.flux.BufferFlux},
 * what they receive becomes one.
 *
 * <p>{@link dev.sluice.clients.JdkBodies} is for {@code java.net.http}. Clients that take a {@code Publisher} of {@code
 * ByteBuffer}s, such as those of AWS, Azure, R2DBC and MongoDB, need no more than {@link
 * dev.sluice.flux.BufferFlux#toByteBuffers toByteBuffers} and {@link dev.sluice.flux.BufferFlux#fromByteBuffers
 * fromByteBuffers}; {@code docs/clients.md} says how.
 */
@NullMarked
package dev.sluice.clients;

import org.jspecify.annotations.NullMarked;
