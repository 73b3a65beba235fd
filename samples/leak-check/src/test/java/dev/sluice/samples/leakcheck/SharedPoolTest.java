package dev.sluice.samples.leakcheck;

import dev.sluice.BufferPool;
import dev.sluice.LeakDetection;
import dev.sluice.PooledBuffer;
import dev.sluice.testing.LeakCheck;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A pool of the program's own: the second of three tests fails. */
@TestMethodOrder(MethodOrderer.MethodName.class)
class SharedPoolTest {

    private static final BufferPool POOL = BufferPool.builder()
            .name("uploads")
            .maxBytes(1 << 20)
            .leakDetection(LeakDetection.EVERY)
            .build();

    private static final List<PooledBuffer> KEPT = new ArrayList<>();

    @RegisterExtension
    static final LeakCheck LEAKS = LeakCheck.of(POOL).within(Duration.ofMillis(500));

    @Test
    void aIsClean() {
        POOL.acquire(4096).release();
    }

    @Test
    void bLeaks() {
        KEPT.add(POOL.acquire(4096, "the session"));
    }

    @Test
    void cIsClean() {
        POOL.acquire(4096).release();
    }

    @AfterAll
    static void close() {
        KEPT.forEach(PooledBuffer::release);
        POOL.close();
    }
}
