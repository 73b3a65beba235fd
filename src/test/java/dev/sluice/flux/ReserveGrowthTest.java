package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.BudgetTooSmallException;
import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Results larger than what an operator has in reserve: they take turns, or are refused with the numbers. */
class ReserveGrowthTest extends FluxTest {

    private static final int KIB = 1 << 10;
    private static final int MIB = 1 << 20;

    /** Operators whose results may be of any size. */
    enum Growing {
        JOIN {
            @Override
            Flux<PooledBuffer> over(BufferFlux source, int most) {
                return source.join(most).flux();
            }
        },
        SPLIT {
            @Override
            Flux<PooledBuffer> over(BufferFlux source, int most) {
                return source.split(new byte[] {'\n'}, most);
            }
        },
        LENGTH_PREFIXED {
            @Override
            byte[] content(int length) {
                return ByteBuffer.allocate(4 + length).putInt(length).array();
            }

            @Override
            Flux<PooledBuffer> over(BufferFlux source, int most) {
                return source.lengthPrefixed(4, ByteOrder.BIG_ENDIAN, most);
            }
        };

        byte[] content(int length) {
            return new byte[length];
        }

        abstract Flux<PooledBuffer> over(BufferFlux source, int most);

        Mono<Long> lengths(BufferPool pool, int length, int most) {
            byte[] content = content(length);
            return over(BufferFlux.read(ByteSources.bytes(content).chunkSize(64 * KIB), pool), most)
                    .map(buffer -> {
                        long whole = buffer.length();
                        buffer.release();
                        return whole;
                    })
                    .reduce(0L, Long::sum);
        }
    }

    private BufferPool tight;

    @AfterEach
    void nothingIsLeftOfTheTight() {
        eventually(() -> tight.stats().buffersInUse() == 0 && tight.stats().pending() == 0, tight::dump);
        tight.close();
    }

    private void tight(long bytes) {
        tight = BufferPool.builder().maxBytes(bytes).build();
    }

    @ParameterizedTest
    @EnumSource
    void oneAloneIsDoneWhereItsResultFits(Growing operator) {
        tight(2 * MIB);
        assertThat(operator.lengths(tight, 1_572_864, 1_572_864).block(LIMIT)).isEqualTo(1_572_864);
        assertThat(operator.lengths(tight, MIB + 1, MIB + 1).block(LIMIT)).isEqualTo(MIB + 1);
    }

    @ParameterizedTest
    @CsvSource({"9000000, 16000000", "9000000, 16777216", "10485760, 16777216"})
    void aPostOfMegabytesIsDoneOnABudgetOfLittleMore(int length, long budget) {
        tight(budget);
        assertThat(Growing.JOIN.lengths(tight, length, 10 * MIB).block(LIMIT)).isEqualTo(length);
    }

    /** Never a wait that only the waiter could end. */
    @ParameterizedTest
    @ValueSource(ints = {1_900 * KIB, 2 * MIB})
    void oneThatCannotFitIsRefusedWithTheNumbers(int length) {
        tight(2 * MIB);
        assertThatThrownBy(() -> Growing.JOIN.lengths(tight, length, 2 * MIB).block(LIMIT))
                .isInstanceOfSatisfying(BudgetTooSmallException.class, e -> {
                    assertThat(e.limitBytes()).isEqualTo(2 * MIB);
                    assertThat(e.smallestBytes()).isGreaterThan(2 * MIB);
                    assertThat(e).hasMessageContaining("2,097,152");
                });
    }

    @ParameterizedTest
    @EnumSource
    void manyTakeTurnsAndAllAreDone(Growing operator) {
        tight(64L * MIB);
        Long sum = Flux.range(0, 16)
                .flatMap(i -> operator.lengths(tight, 9 * MIB, 10 * MIB).subscribeOn(Schedulers.boundedElastic()), 16)
                .reduce(0L, Long::sum)
                .block(LIMIT);
        assertThat(sum).isEqualTo(16L * 9 * MIB);
        assertThat(tight.stats().peakBytes()).isLessThanOrEqualTo(64L * MIB);
    }

    /** Small pipelines beside large ones, on a budget that is short of both. */
    @Test
    void smallOnesAreDoneBesideLargeOnes() {
        tight(16L * MIB);
        Long sum = Flux.range(0, 120)
                .flatMap(
                        i -> (i % 6 == 0
                                        ? Growing.values()[i / 6 % 3].lengths(tight, 2 * MIB, 2 * MIB)
                                        : BufferFlux.read(
                                                        ByteSources.bytes(new byte[300 * KIB])
                                                                .chunkSize(64 * KIB),
                                                        tight)
                                                .rechunk(50 * KIB)
                                                .consume(PooledBuffer::length)
                                                .reduce(0L, Long::sum))
                                .subscribeOn(Schedulers.boundedElastic()),
                        120)
                .reduce(0L, Long::sum)
                .block(LIMIT);
        assertThat(sum).isEqualTo(20L * 2 * MIB + 100L * 300 * KIB);
    }

    /** One that is cancelled while it waits for its turn, or while it has it, lets the next one go on. */
    @Test
    void theOthersGoOnWhenSomeAreCancelled() {
        tight(16L * MIB);
        Long done = Flux.range(0, 24)
                .flatMap(
                        i -> {
                            Mono<Long> all = Growing.values()[i % 3].lengths(tight, 4 * MIB, 4 * MIB);
                            return (i % 2 == 0
                                            ? all
                                            : all.timeout(java.time.Duration.ofMillis(1 + i))
                                                    .onErrorReturn(0L))
                                    .subscribeOn(Schedulers.boundedElastic());
                        },
                        24)
                .filter(length -> length > 0)
                .count()
                .block(LIMIT);
        assertThat(done).isGreaterThanOrEqualTo(12);
    }
}
