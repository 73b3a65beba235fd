package dev.sluice.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.BufferPool;
import dev.sluice.LeakDetection;
import dev.sluice.LeakReport;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;

class StampedBuffersTest {

    private final List<LeakReport> leaks = new CopyOnWriteArrayList<>();
    private final BufferPool pool = BufferPool.builder()
            .name("stamped")
            .maxBytes(1 << 20)
            .direct(false)
            .clock(VirtualPoolClock.create())
            .onLeak(leaks::add)
            .build();
    private final StampedBuffers stamped = StampedBuffers.of(pool, 2);

    @AfterEach
    void atRest() {
        stamped.close();
        assertThat(stamped.out()).isZero();
        PoolVerifier.that(pool).isAtRest();
        pool.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 100, 65_536})
    void whatIsOnlyReadIsAsItWas(int size) {
        PooledBuffer buffer = stamped.stamped(size);
        assertThat(buffer.length()).isEqualTo(size);
        stamped.verify(buffer);
        try (PooledBuffer twin = buffer.retain();
                PooledBuffer part = buffer.slice(size / 3, size / 2)) {
            stamped.verify(twin);
            stamped.verify(part);
        }
        stamped.verifyAll();
        buffer.release();
        stamped.verifyAll();
    }

    @Test
    void twoBuffersHaveTwoContents() {
        try (PooledBuffer one = stamped.stamped(64);
                PooledBuffer other = stamped.stamped(64)) {
            assertThat(one.toByteArray()).isNotEqualTo(other.toByteArray());
        }
    }

    @Test
    void aReaderThatWritesIsFoundWhenTheBufferIsVerified() {
        PooledBuffer buffer = stamped.stamped(100);
        byte before = buffer.byteBuffer().get(17);
        buffer.byteBuffer().put(17, (byte) ~before);
        assertThatThrownBy(() -> stamped.verify(buffer))
                .isInstanceOf(AssertionError.class)
                .hasMessageMatching("(?s)buffer 1, of 100 bytes from pool 'stamped', has not what it was stamped with: "
                        + "byte 17 is 0x.., not 0x..\n\tat dev\\.sluice\\.testing\\.StampedBuffersTest\\.aReader.*");
        assertThatThrownBy(stamped::verifyAll).hasMessageContaining("was written to while it is leased for reading");
        PooledBuffer part = buffer.slice(10, 20);
        assertThatThrownBy(() -> stamped.verify(part))
                .hasMessageContaining("has a part of 20 bytes that is none of what it was stamped with");
        part.release();
        buffer.release();
        assertThatThrownBy(stamped::verifyAll).hasMessageContaining("was written to while it was leased for reading");
    }

    /** What a broken pool, or a view kept too long, does to the next holder. */
    @Test
    void twoHandsOnOneBufferAreFound() {
        PooledBuffer one = stamped.stamped(100);
        PooledBuffer other = stamped.stamped(100);
        byte[] others = other.toByteArray();
        one.byteBuffer().put(0, others);
        assertThatThrownBy(() -> stamped.verify(one)).hasMessageContaining("; all of it is the content of buffer 2");
        one.release();
        other.release();
        assertThatThrownBy(stamped::verifyAll).hasMessageStartingWith("buffer 1, of 100 bytes");
    }

    @Test
    void aWriterMayWrite() {
        try (PooledBuffer blank = stamped.blank(100)) {
            blank.byteBuffer().putLong(42);
            assertThatThrownBy(() -> stamped.verify(blank))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                            "this lease of 100 bytes of pool 'stamped' is not one of the 0 that are out for reading");
        }
        stamped.verifyAll();
    }

    @Test
    void whoWritesAfterTheReleaseIsFound() {
        PooledBuffer blank = stamped.blank(100);
        ByteBuffer kept = blank.byteBuffer();
        blank.release();
        kept.put(99, (byte) ~kept.get(99));
        assertThatThrownBy(stamped::verifyAll)
                .hasMessageContaining(
                        "buffer 1, of 100 bytes from pool 'stamped', was written to after its release: byte 99")
                .hasMessageContaining("StampedBuffersTest.whoWritesAfterTheReleaseIsFound(StampedBuffersTest.java:");
        stamped.verifyAll(); // told once
    }

    @Test
    void whoReadsAfterTheReleaseReadsPoison() {
        PooledBuffer buffer = stamped.stamped(100);
        byte[] content = buffer.toByteArray();
        ByteBuffer kept = buffer.byteBuffer();
        buffer.release();
        byte[] seen = new byte[100];
        kept.get(0, seen);
        assertThat(seen).isNotEqualTo(content);
        try (PooledBuffer other = stamped.stamped(100)) {
            other.byteBuffer().put(0, seen);
            assertThatThrownBy(() -> stamped.verify(other)).hasMessageContaining("; all of it is poison");
            assertThatThrownBy(stamped::verifyAll).isNotNull();
            other.byteBuffer().put(0, stampOf(2, 100));
        }
    }

    private static byte[] stampOf(int number, int length) {
        ByteBuffer content = ByteBuffer.allocate(length);
        new StampedContent(number).write(content);
        return content.array();
    }

    @Test
    void memoryIsPoisonedWhenTheLastShareIsReleased() {
        PooledBuffer buffer = stamped.stamped(100);
        PooledBuffer part = buffer.slice(50, 10);
        buffer.release();
        stamped.verify(part);
        assertThat(stamped.out()).isEqualTo(1);
        part.release();
        assertThat(stamped.out()).isZero();
    }

    @Test
    void theQuarantineIsBounded() {
        for (int i = 0; i < 5; i++) {
            stamped.blank(4_096).release();
        }
        PoolVerifier.that(pool).hasInFlight(2);
        assertThat(stamped).hasToString("StampedBuffers[stamped: 0 out, 2 in quarantine]");
    }

    @Test
    void whatBreaksThePoisonIsFoundWhenItLeavesTheQuarantine() {
        PooledBuffer blank = stamped.blank(100);
        ByteBuffer kept = blank.byteBuffer();
        blank.release();
        kept.putInt(0, 7);
        for (int i = 0; i < 3; i++) {
            stamped.blank(100).release();
        }
        assertThatThrownBy(stamped::close).hasMessageContaining("buffer 1,").hasMessageContaining("after its release");
    }

    @Test
    void aPipelineThatIsHonestPasses() {
        Flux<PooledBuffer> source = Flux.range(0, 20).map(i -> stamped.stamped(1_000 + i));
        Long bytes = BufferFlux.from(source)
                .rechunk(512)
                .consume(buffer -> (long) buffer.length())
                .reduce(0L, Long::sum)
                .block();
        assertThat(bytes).isEqualTo(20_190);
    }

    @Test
    void aLostLeaseIsReportedAndItsMemoryLeftAlone() {
        lose();
        Patience waiting = Patience.of(Duration.ofSeconds(60));
        while (leaks.isEmpty() && waiting.goesOn()) {
            System.gc();
        }
        assertThat(leaks).hasSize(1);
        assertThat(leaks.get(0).holder())
                .startsWith("stamped buffer 1, taken at dev.sluice.testing.StampedBuffersTest.lose(");
        while (stamped.out() > 0 && waiting.goesOn()) {
            continue;
        }
        assertThat(stamped.out()).isZero();
        PoolVerifier.that(pool).within(Duration.ofSeconds(20)).hasLost(1).hasInFlight(0);
    }

    private void lose() {
        stamped.stamped(100);
    }

    @Test
    void strictPoolsAreServedAsWell() {
        try (BufferPool strict = BufferPool.builder()
                .leakDetection(LeakDetection.EVERY)
                .clock(VirtualPoolClock.create())
                .build()) {
            List<PooledBuffer> held = new ArrayList<>();
            try (StampedBuffers buffers = StampedBuffers.of(strict)) {
                for (int i = 0; i < 10; i++) {
                    held.add(buffers.stamped(3_000));
                }
                held.forEach(buffers::verify);
                held.forEach(PooledBuffer::release);
                PoolVerifier.that(strict).hasInFlight(10);
            }
            PoolVerifier.that(strict).isAtRest();
        }
    }
}
