package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.sluice.FaultWorld.Fault;
import dev.sluice.FaultWorld.Seam;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever the things around the pool throw, at whichever call: afterwards the account is exact, nobody waits who could be
 * served, and the pool goes on. Every scene is played with the first call of each kind failing, the second, and so on,
 * until no call is left to fail.
 */
class FaultsTest {

    private static final int MAX_CALLS = 2_000;

    private static final Logger LOG = Logger.getLogger("dev.sluice");

    private static Level levelBefore;

    @BeforeAll
    static void logNothing() {
        levelBefore = LOG.getLevel();
        LOG.setLevel(Level.OFF);
    }

    @AfterAll
    static void logAgain() {
        LOG.setLevel(levelBefore);
    }

    static Stream<Arguments> everyFaultInEveryScene() {
        return Stream.of(FaultScene.values())
                .flatMap(scene -> Stream.of(Seam.values())
                        .filter(seam -> seam != Seam.HEAP)
                        .flatMap(seam -> Stream.of(Fault.values()).map(fault -> Arguments.of(scene, seam, fault))));
    }

    @ParameterizedTest
    @MethodSource
    void everyFaultInEveryScene(FaultScene scene, Seam seam, Fault fault) {
        playAll(scene, seam, fault);
    }

    /** The memory of the heap runs out at the n-th object that the package makes. */
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "STREAM")
    void noHeapInEveryScene(FaultScene scene) throws Exception {
        Method play = FaultsOfHeap.loaded(FaultsTest.class).getDeclaredMethod("playWithoutHeap", String.class);
        play.setAccessible(true);
        play.invoke(null, scene.name());
    }

    /** Called in a class loader in which objects can fail to be made. */
    static void playWithoutHeap(String scene) {
        FaultWorld warm = new FaultWorld(
                Seam.HEAP,
                Fault.OUT_OF_MEMORY,
                Integer.MAX_VALUE,
                FaultScene.valueOf(scene).level());
        FaultScene.valueOf(scene).play(warm);
        goesOn(warm);
        playAll(FaultScene.valueOf(scene), Seam.HEAP, Fault.OUT_OF_MEMORY);
    }

    private static void playAll(FaultScene scene, Seam seam, Fault fault) {
        for (int failing = 1; failing <= MAX_CALLS; failing++) {
            FaultWorld world = new FaultWorld(seam, fault, failing, scene.level());
            try {
                scene.play(world);
                boolean hasFailed = world.hasFailed();
                goesOn(world);
                if (!hasFailed) {
                    return;
                }
            } catch (Throwable e) {
                throw new AssertionError(scene + ", call " + failing + " of " + seam + ": " + e, e);
            } finally {
                world.stopFailing();
            }
        }
        fail("%s is called more often than %d times", seam, MAX_CALLS);
    }

    /** The account is exact, who waits is served, idle memory goes, and a closed pool tells who waits. */
    private static void goesOn(FaultWorld world) {
        world.stopFailing();
        for (int round = 0; round < 4; round++) {
            world.takeGranted();
            world.releaseAll();
            world.look();
        }
        assertThat(world.requests).as("requests that wait for nobody").isEmpty();
        assertThat(world.groups).as("groups that wait for nobody").isEmpty();
        List<LeaseWatch.Lost> watched = new ArrayList<>();
        LeaseWatches.find(world.pool, watched);
        assertThat(watched)
                .as("leases that nobody has, and that the collector would lose")
                .isEmpty();
        PoolInvariants.assertAtRest(world.pool);
        if (!world.pool.isClosed()) {
            servesAndShrinks(world);
            tellsWhoWaitsThatItIsClosed(world.pool);
        }
        PoolInvariants.assertNothingLeft(world.pool);
    }

    private static void servesAndShrinks(FaultWorld world) {
        PooledBuffer all = world.pool.acquire(FaultWorld.LIMIT);
        CompletableFuture<PooledBuffer> waits = world.pool.request(1_000);
        all.release();
        waits.join().release();
        for (int i = 0; i < 20; i++) {
            world.look();
        }
        assertThat(world.pool.stats().allocatedBytes()).as("idle after silence").isZero();
        PoolInvariants.assertNothingLeft(world.pool);
    }

    private static void tellsWhoWaitsThatItIsClosed(BufferPool pool) {
        PooledBuffer last = pool.acquire(FaultWorld.LIMIT);
        CompletableFuture<PooledBuffer> told = pool.request(1_000);
        pool.close();
        assertThat(told).isCompletedExceptionally();
        last.release();
    }

    @ParameterizedTest
    @MethodSource("faults")
    void closeTellsWhoWaitsEvenIfMemoryCannotBeFreed(Fault fault) {
        FaultWorld world = new FaultWorld(Seam.FREE, fault, 1, LeakDetection.SAMPLED);
        world.acquire(10_000);
        world.acquire(40_000);
        world.held.remove(0).release();
        CompletableFuture<PooledBuffer> waits = world.pool.request(64 << 10);
        world.pool.close();
        assertThat(waits).isCompletedExceptionally();
        world.releaseAll();
        PoolInvariants.assertNothingLeft(world.pool);
    }

    static Stream<Fault> faults() {
        return Stream.of(Fault.values());
    }
}
