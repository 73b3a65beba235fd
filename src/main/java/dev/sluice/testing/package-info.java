/**
 * What a program's tests need to prove that it leaks no buffer; nothing of it is needed to run.
 *
 * <p>{@link dev.sluice.testing.PoolExtension} and {@link dev.sluice.testing.LeakCheck} fail a test of JUnit 5 that
 * leaves leases out; {@link dev.sluice.testing.PoolVerifier} says of a pool what must hold, in any framework; {@link
 * dev.sluice.testing.Chaos} cancels, fails and delays by seed; {@link dev.sluice.testing.RefusingScheduler} refuses a
 * task in every way that schedulers do; {@link dev.sluice.testing.StampedBuffers} finds out who uses a buffer of
 * another holder; {@link dev.sluice.testing.VirtualPoolClock} is time that a test moves by hand.
 *
 * <p>{@link dev.sluice.testing.ByteSourceContract}, {@link dev.sluice.testing.StageContract} and {@link
 * dev.sluice.testing.ByteSinkContract} prove a source, a stage or a sink of a program's own, by the tests that those of
 * this library pass.
 *
 * <h2>Rooms</h2>
 * The name of each file begins with the name of its room.
 *
 * <table class="striped">
 * <caption>Which file to open</caption>
 * <thead><tr><th>room</th><th>files</th><th>what is done there</th></tr></thead>
 * <tbody>
 * <tr><td>pools of a test</td><td>{@code PoolExtension TestPool*}</td><td>pools that JUnit makes and checks</td></tr>
 * <tr><td>leaks</td><td>{@code LeakCheck PoolWatch* PoolVerifier Patience}</td><td>what was out before a test, and what
 *     must not be out after it</td></tr>
 * <tr><td>chaos</td><td>{@code Chaos* RefusingScheduler}</td><td>what goes wrong on purpose</td></tr>
 * <tr><td>contracts</td><td>{@code ByteSourceContract StageContract ByteSinkContract Contract*}</td><td>tests of a
 *     program's own sources, stages and sinks</td></tr>
 * <tr><td>stamps</td><td>{@code Stamped*}</td><td>contents that tell one buffer from another</td></tr>
 * <tr><td>time</td><td>{@code VirtualPoolClock}</td><td>a clock that stands until a test moves it</td></tr>
 * <tr><td>blocking</td><td>{@code SluiceBlockHound*}</td><td>which calls of the library may block</td></tr>
 * <tr><td>small things</td><td>{@code Messages}</td><td>what several rooms use</td></tr>
 * </tbody>
 * </table>
 */
@NullMarked
package dev.sluice.testing;

import org.jspecify.annotations.NullMarked;
