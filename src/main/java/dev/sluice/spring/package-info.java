/**
 * Spring WebFlux: a {@code DataBufferFactory} over a pool, conversions between {@code DataBuffer} and
 * {@link dev.sluice.PooledBuffer}, codecs for request and response bodies, and a choice of what happens when memory is
 * short.
 *
 * <h2>Ownership</h2>
 * A {@code DataBuffer} and a lease are two names of one right: a conversion takes its argument over, and whoever gets the
 * result releases it. Where both can name the same memory, nothing is copied.
 */
@NullMarked
package dev.sluice.spring;

import org.jspecify.annotations.NullMarked;
