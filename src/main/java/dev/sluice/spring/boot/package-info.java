/**
 * What Spring Boot does with Sluice on the class path: one budget, one pool, and all of WebFlux on it.
 *
 * <p>{@link dev.sluice.spring.boot.SluiceProperties} says what can be set; nothing has to be. Every bean steps aside for
 * one of the application's own.
 */
@NullMarked
package dev.sluice.spring.boot;

import org.jspecify.annotations.NullMarked;
