package dev.sluice.testing;

import static dev.sluice.testing.ByteSourceContract.check;
import static dev.sluice.testing.Messages.message;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.ByteSources;
import dev.sluice.flux.Stage;
import dev.sluice.flux.StageMemory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * What a {@link Stage} promises, as tests of JUnit 5: extend it, and the tests run over your stage.
 *
 * <p>A stage does not see where its input is cut, so each test cuts it anew. Every test ends on nothing in flight.
 *
 * @param <O> what comes out of the stage
 */
public abstract class StageContract<O> {

    private static final int ROUNDS = 20;

    private final BufferPool pool =
            BufferPool.builder().name("contract").maxBytes(16 << 20).build();

    /** Made by the class that extends this. */
    protected StageContract() {}

    /**
     * Makes a stage that has seen nothing.
     *
     * @param memory where it takes memory from
     * @return the stage
     */
    protected abstract Stage<O> stage(StageMemory memory);

    /**
     * Says what to put in.
     *
     * @return the whole input, of some hundred bytes at least, for at least two results
     */
    protected abstract byte[] input();

    /**
     * Says what comes out for {@link #input()}, in order: of a buffer its bytes as a {@link ByteBuffer}, of anything
     * else what is equal to it.
     *
     * @return the results
     */
    protected abstract List<?> expected();

    /**
     * Says how inputs are told from one another where cuts show: a stage that passes buffers on as they are has other
     * results for other cuts. By default the results are compared one by one.
     *
     * @param results what came out, buffers as a {@link ByteBuffer} each
     * @return what is compared with {@link #expected()}; such as one {@code ByteBuffer} of all bytes
     */
    protected List<?> compared(List<?> results) {
        return results;
    }

    /**
     * Gives inputs that the stage refuses, by throwing. By default there are none.
     *
     * @return what the stage refuses
     */
    protected List<byte[]> malformed() {
        return List.of();
    }

    /**
     * The smallest budget on which pipelines of a source with chunks of 1 KiB and this stage get through, many at a
     * time: the chunk, and the {@linkplain BufferPool#capacityFor capacity} of what the stage {@linkplain
     * StageMemory#reserve reserves}, and of one chunk more if it keeps its input.
     *
     * @return the bytes; 64 KiB by default
     */
    protected long smallestBudgetBytes() {
        return 64 << 10;
    }

    /**
     * How long a test waits for what should happen soon.
     *
     * @return the time; 10 seconds by default
     */
    protected Duration limit() {
        return Duration.ofSeconds(10);
    }

    @AfterEach
    void nothingIsInFlight() {
        PoolVerifier.that(pool).isAtRest(limit());
        pool.close();
    }

    @Test
    void givesTheSameForAllCuts() {
        for (int most : new int[] {1, 2, 3, 7, 50, 1000, 1 << 20}) {
            ContractSubscriber<O> subscriber = subscribe(cut(input(), most, most));
            subscriber.requestUnbounded();
            verify(subscriber.awaitCompletion());
        }
    }

    @Test
    void givesTheSameWhateverIsRequestedAtOnce() {
        for (int round = 0; round < ROUNDS; round++) {
            Random random = new Random(round);
            ContractSubscriber<O> subscriber = subscribe(cut(input(), 20, round));
            check(subscriber.received() == 0, "there was a result before a request");
            for (int wanted = 0; subscriber.received() == wanted && !subscriber.isDisposed(); ) {
                int more = 1 + random.nextInt(3);
                wanted += more;
                subscriber.request(more);
                subscriber.awaitReceived(wanted);
                check(subscriber.received() <= wanted, message("%,d were requested", wanted));
            }
            verify(subscriber.awaitCompletion());
        }
    }

    @Test
    void cancelledAfterAnyResult() {
        int results = expected().size();
        for (int after = 0; after <= Math.min(results, ROUNDS); after++) {
            ContractSubscriber<O> subscriber = subscribe(cut(input(), 10, after));
            subscriber.request(after == 0 ? 1 : after);
            subscriber.awaitReceived(after);
            subscriber.cancel();
            PoolVerifier.that(pool).isAtRest(limit());
        }
        subscribe(cut(input(), 10, 1)).cancel();
    }

    @Test
    void aFailureOfTheSourceIsPassedOn() {
        for (int after = 0; after < ROUNDS; after++) {
            IOException gone = new IOException("the source is gone");
            ContractSubscriber<O> subscriber =
                    subscribe(Flux.concat(cut(input(), 10, after).take(after), Mono.error(gone)));
            subscriber.requestUnbounded();
            check(subscriber.awaitError() == gone, "not the error of the source: " + subscriber.error());
            PoolVerifier.that(pool).isAtRest(limit());
        }
    }

    @Test
    void getsThroughOnTheSmallestBudget() {
        try (BufferPool small =
                BufferPool.builder().maxBytes(smallestBudgetBytes()).build()) {
            List<ContractSubscriber<O>> all = new ArrayList<>();
            for (int i = 0; i < ROUNDS; i++) {
                ContractSubscriber<O> subscriber = new ContractSubscriber<>(limit());
                BufferFlux.read(ByteSources.bytes(input()).chunkSize(1 << 10), small)
                        .stage("contract", (StageMemory memory) -> stage(memory))
                        .subscribe(subscriber);
                all.add(subscriber);
            }
            all.forEach(ContractSubscriber::requestUnbounded);
            for (ContractSubscriber<O> each : all) {
                verify(each.awaitCompletion());
            }
            PoolVerifier.that(small).isAtRest(limit());
        }
    }

    @Test
    void refusesWhatIsMalformed() {
        for (byte[] input : malformed()) {
            for (int most : new int[] {1, 3, 1000}) {
                ContractSubscriber<O> subscriber = subscribe(cut(input, most, most));
                subscriber.requestUnbounded();
                subscriber.awaitError();
                PoolVerifier.that(pool).isAtRest(limit());
            }
        }
    }

    private void verify(ContractSubscriber<O> ended) {
        List<?> given = compared(ended.values());
        List<?> expected = expected();
        int same = 0;
        while (same < Math.min(given.size(), expected.size()) && given.get(same).equals(expected.get(same))) {
            same++;
        }
        check(
                same == expected.size() && same == given.size(),
                message("%,d results came, of %,d; the first wrong is at %,d", given.size(), expected.size(), same));
    }

    private ContractSubscriber<O> subscribe(Flux<PooledBuffer> input) {
        ContractSubscriber<O> subscriber = new ContractSubscriber<>(limit());
        BufferFlux.from(input)
                .stage("contract", (StageMemory memory) -> stage(memory))
                .subscribe(subscriber);
        return subscriber;
    }

    /** Made as they are requested; some are empty. */
    private Flux<PooledBuffer> cut(byte[] input, int longest, long seed) {
        return Flux.defer(() -> {
            Random random = new Random(seed);
            ByteBuffer left = ByteBuffer.wrap(input);
            return Flux.generate(emitter -> {
                if (!left.hasRemaining()) {
                    emitter.complete();
                    return;
                }
                int length = Math.min(left.remaining(), random.nextInt(longest) + random.nextInt(2));
                PooledBuffer buffer = pool.acquire(Math.max(1, length)).resize(length);
                buffer.byteBuffer().put(left.slice().limit(length));
                left.position(left.position() + length);
                emitter.next(buffer);
            });
        });
    }
}
