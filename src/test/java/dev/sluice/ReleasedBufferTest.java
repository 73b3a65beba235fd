package dev.sluice;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A lease after its release: every access is refused, and nobody else is harmed. */
@ParameterizedClass
@MethodSource("leases")
class ReleasedBufferTest {

    private static final Map<String, Consumer<PooledBuffer>> USES = uses();

    private final PoolFixture fixture;
    private final BufferPool pool;
    private final PooledBuffer released;

    ReleasedBufferTest(LeakDetection leakDetection, LeaseKind kind) {
        fixture = new PoolFixture(
                BufferPool.builder().name("lake").maxBytes(1 << 20).leakDetection(leakDetection));
        pool = fixture.pool;
        released = kind.lease(pool, 1_000);
        released.release();
    }

    static Stream<Arguments> leases() {
        return Stream.of(LeakDetection.values())
                .flatMap(leaks -> Stream.of(LeaseKind.values()).map(kind -> Arguments.of(leaks, kind)));
    }

    private static Map<String, Consumer<PooledBuffer>> uses() {
        Map<String, Consumer<PooledBuffer>> uses = new LinkedHashMap<>();
        uses.put("byteBuffer", PooledBuffer::byteBuffer);
        uses.put("readOnlyBuffer", PooledBuffer::readOnlyBuffer);
        uses.put("length", PooledBuffer::length);
        uses.put("capacity", PooledBuffer::capacity);
        uses.put("isEmpty", PooledBuffer::isEmpty);
        uses.put("resize", buffer -> buffer.resize(1));
        uses.put("resize out of bounds", buffer -> buffer.resize(-1));
        uses.put("clear", PooledBuffer::clear);
        uses.put("retain", PooledBuffer::retain);
        uses.put("retainReadOnly", PooledBuffer::retainReadOnly);
        uses.put("pinnedBytes", PooledBuffer::pinnedBytes);
        uses.put("sharesMemoryWith", buffer -> buffer.sharesMemoryWith(buffer));
        uses.put("slice", buffer -> buffer.slice(0, 1));
        uses.put("slice out of bounds", buffer -> buffer.slice(-1, -1));
        uses.put("copy", PooledBuffer::copy);
        uses.put("toByteArray", PooledBuffer::toByteArray);
        uses.put("toString(charset)", buffer -> buffer.toString(UTF_8));
        uses.put("touch", buffer -> buffer.touch("hint"));
        return uses;
    }

    @AfterEach
    void nothingIsLeft() {
        fixture.verify();
    }

    @Test
    void refusesEveryUse() {
        assertEveryUseIsRefused();
    }

    @Test
    void refusesEveryUseWhenItsMemoryIsAnotherHoldersAndDoesNotHarmThem() {
        PooledBuffer next = pool.acquire(1_000);
        Stamp.write(next.byteBuffer(), 9);

        assertEveryUseIsRefused();

        assertThat(next.length()).isEqualTo(1_000);
        Stamp.verify(next.byteBuffer(), 9);
        next.release();
    }

    @ParameterizedTest
    @EnumSource
    void releasingAgainDoesNothing(LeaseKind next) {
        for (int i = 0; i < 3; i++) {
            PooledBuffer other = next.lease(pool, 1_000);
            released.release();
            released.close();
            assertThat(other.isReleased()).isFalse();
            assertThat(pool.stats().buffersInUse()).isEqualTo(1);
            other.release();
        }
    }

    private void assertEveryUseIsRefused() {
        assertThat(released.isReleased()).isTrue();
        assertThat(released.toString()).contains("released");
        long inUse = pool.stats().buffersInUse();
        USES.forEach((name, use) -> assertThatThrownBy(() -> use.accept(released))
                .as(name)
                .isInstanceOf(BufferReleasedException.class)
                .hasMessageContainingAll(Numbers.grouped(1_024), "lake", "released"));
        assertThat(pool.stats().buffersInUse()).isEqualTo(inUse);
    }
}
