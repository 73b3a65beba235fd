package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

/** A look that gives back many slabs takes its time; what has not gone is charged, in reach, and may be wanted again. */
class ShrinkPaceTest {

    private static final int SIZE = 4 << 10;
    private static final int SLAB_BYTES = 64 * SIZE;
    private static final Duration LOOK = Duration.ofSeconds(1);

    @Test
    @EnabledForJreRange(min = JRE.JAVA_22)
    void arenasAreClosedOneAfterTheOtherWithRests() throws InterruptedException {
        PoolFixture fixture = new PoolFixture(BufferPool.builder().maxBytes(128L * SLAB_BYTES));
        PoolFixture.release(fixture.takeAll(SIZE));
        fixture.clock.advance(LOOK);
        Thread look = new Thread(() -> fixture.clock.advance(LOOK));
        look.start();
        Set<Long> seen = new HashSet<>();
        while (look.isAlive()) {
            PoolStats stats = fixture.pool.stats();
            assertThat(stats.idleBytes()).isEqualTo(stats.allocatedBytes());
            seen.add(stats.allocatedBytes());
        }
        look.join();
        assertThat(seen).as("sizes of the pool while 64 slabs go").hasSizeGreaterThan(5);
        assertThat(fixture.pool.stats().allocatedBytes()).isBetween(63L * SLAB_BYTES, 66L * SLAB_BYTES);
        fixture.verify();
    }

    /** Of every Java: the demand comes with the first slab that is freed. */
    @Test
    void whatIsWantedMeanwhileStays() {
        PoolFixture[] fixture = new PoolFixture[1];
        Demand[] demand = new Demand[1];
        fixture[0] =
                new PoolFixture(BufferPool.builder().maxBytes(64L * SLAB_BYTES).memory((slabBytes, slotBytes) -> {
                    return new SlabMemory() {
                        @Override
                        public ByteBuffer slot(int index) {
                            return ByteBuffer.allocate(slotBytes);
                        }

                        @Override
                        public void free() {
                            if (demand[0] == null) {
                                demand[0] = fixture[0].pool.demand(SIZE);
                                demand[0].add(3_000);
                            }
                        }
                    };
                }));
        PoolFixture.release(fixture[0].takeAll(SIZE));
        fixture[0].clock.advance(LOOK, 2);
        assertThat(fixture[0].pool.stats().idleBytes())
                .as("half would have gone, had nothing been wanted")
                .isBetween(3_000L * SIZE, 3_000L * SIZE + SLAB_BYTES);
        demand[0].close();
        fixture[0].verify();
    }
}
