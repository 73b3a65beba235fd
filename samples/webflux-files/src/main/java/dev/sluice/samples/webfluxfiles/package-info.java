/**
 * Uploads and downloads with Spring WebFlux that stream through one pool of buffers.
 *
 * <p>{@link dev.sluice.samples.webfluxfiles.FileController} speaks HTTP, {@link
 * dev.sluice.samples.webfluxfiles.FileStore} reads and writes the files, and {@link
 * dev.sluice.samples.webfluxfiles.Sums} looks at the bytes as they pass. The pool comes from the auto-configuration.
 */
package dev.sluice.samples.webfluxfiles;
