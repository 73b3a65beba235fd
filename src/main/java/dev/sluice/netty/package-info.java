/** Pooled buffers under reactor-netty. */
@NullMarked
package dev.sluice.netty;

import org.jspecify.annotations.NullMarked;
