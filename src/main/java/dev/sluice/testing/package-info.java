/**
 * What a program's tests need to prove that it leaks no buffer; nothing of it is needed to run.
 *
 * <p>{@link dev.sluice.testing.PoolExtension} and {@link dev.sluice.testing.LeakCheck} fail a test of JUnit 5 that leaves
 * leases out; {@link dev.sluice.testing.PoolVerifier} says of a pool what must hold, in any framework;
 * {@link dev.sluice.testing.Chaos} cancels, fails and delays by seed; {@link
 * dev.sluice.testing.RefusingScheduler} refuses a task, in every way that schedulers do; {@link dev.sluice.testing.StampedBuffers} finds who
 * uses a buffer that is not theirs; {@link dev.sluice.testing.VirtualPoolClock} is time that a test moves by hand.
 */
@NullMarked
package dev.sluice.testing;

import org.jspecify.annotations.NullMarked;
