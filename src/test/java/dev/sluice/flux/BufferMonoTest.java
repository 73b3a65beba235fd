package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.InvalidSizeException;
import dev.sluice.PoolClosedException;
import dev.sluice.PoolExhaustedException;
import dev.sluice.PooledBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.util.RaceTestUtils;

/** One buffer, when it is its turn. */
class BufferMonoTest extends FluxTest {

    private BufferPool one;

    @BeforeEach
    void makePoolOfOne() {
        one = BufferPool.withMaxBuffers(1);
    }

    @AfterEach
    void nothingIsLeftOfIt() {
        assertThat(one.stats().buffersInUse()).isZero();
        assertThat(one.stats().pending()).isZero();
        one.close();
    }

    @Test
    void leasesWhenItIsRequested() {
        StepVerifier.create(BufferMono.acquire(pool, 100), 0)
                .then(() -> assertThat(pool.stats().totalAcquisitions()).isZero())
                .thenRequest(1)
                .consumeNextWith(buffer -> {
                    assertThat(buffer.length()).isEqualTo(100);
                    assertThat(pool.stats().buffersInUse()).isEqualTo(1);
                    buffer.release();
                })
                .verifyComplete();
    }

    @Test
    void everySubscriptionLeasesAnother() {
        Mono<PooledBuffer> mono = BufferMono.acquire(pool, 100);
        PooledBuffer first = mono.block();
        PooledBuffer second = mono.block();
        assertThat(pool.stats().buffersInUse()).isEqualTo(2);
        first.release();
        second.release();
    }

    @Test
    void requestsCountOnce() {
        HoldingSubscriber subscriber = new HoldingSubscriber();
        BufferMono.acquire(pool, 100).subscribe(subscriber);
        subscriber.request(5);
        subscriber.upstream().request(5);
        assertThat(subscriber.received).hasValue(1);
        assertThat(subscriber.completions).hasValue(1);
        subscriber.releaseAll();
    }

    @Test
    void waitsItsTurn() {
        PooledBuffer taken = one.acquire(100);
        HoldingSubscriber first = new HoldingSubscriber();
        HoldingSubscriber second = new HoldingSubscriber();
        BufferMono.acquire(one, 100).subscribe(first);
        BufferMono.acquire(one, 100).subscribe(second);
        first.request(1);
        second.request(1);
        assertThat(one.stats().pending()).isEqualTo(2);

        taken.release();
        assertThat(first.received).hasValue(1);
        assertThat(second.received).hasValue(0);
        first.releaseAll();
        assertThat(second.received).hasValue(1);
        second.releaseAll();
    }

    @Test
    void cancellingGivesTheTurnUp() {
        PooledBuffer taken = one.acquire(100);
        HoldingSubscriber subscriber = new HoldingSubscriber();
        BufferMono.acquire(one, 100).subscribe(subscriber);
        subscriber.request(1);
        subscriber.cancel();
        assertThat(one.stats().pending()).isZero();
        taken.release();
        assertThat(subscriber.received).hasValue(0);
    }

    @Test
    void cancelledBeforeTheRequestItLeasesNothing() {
        HoldingSubscriber subscriber = new HoldingSubscriber();
        BufferMono.acquire(pool, 100).subscribe(subscriber);
        subscriber.cancel();
        subscriber.upstream().request(1);
        assertThat(pool.stats().totalAcquisitions()).isZero();
    }

    @Test
    void cancellingFromWithinOnNextLeavesTheBufferToTheSubscriber() {
        StepVerifier.create(BufferMono.acquire(pool, 100).flux().take(1))
                .consumeNextWith(buffer -> {
                    assertThat(buffer.isReleased()).isFalse();
                    buffer.release();
                })
                .verifyComplete();
    }

    @Test
    void waitsOnlySoLong() {
        PooledBuffer taken = one.acquire(100);
        StepVerifier.create(BufferMono.acquire(one, 100, Duration.ofMillis(1)))
                .verifyError(PoolExhaustedException.class);
        taken.release();
    }

    @Test
    void aSizeThatCanNeverBeGranted() {
        StepVerifier.create(BufferMono.acquire(pool, 0)).verifyError(InvalidSizeException.class);
        StepVerifier.create(BufferMono.acquire(pool, Integer.MAX_VALUE)).verifyError(InvalidSizeException.class);
    }

    @Test
    void aClosedPool() {
        pool.close();
        StepVerifier.create(BufferMono.acquire(pool, 100)).verifyError(PoolClosedException.class);
    }

    @Test
    void aPoolThatIsClosedMeanwhile() {
        PooledBuffer taken = one.acquire(100);
        StepVerifier.create(BufferMono.acquire(one, 100)).then(one::close).verifyError(PoolClosedException.class);
        taken.release();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1})
    void aRequestForNothing(long n) {
        List<Throwable> errors = new ArrayList<>();
        BufferMono.acquire(pool, 100).subscribe(new CoreSubscriber<>() {
            @Override
            public void onSubscribe(org.reactivestreams.Subscription s) {
                s.request(n);
            }

            @Override
            public void onNext(PooledBuffer buffer) {
                buffer.release();
            }

            @Override
            public void onError(Throwable error) {
                errors.add(error);
            }

            @Override
            public void onComplete() {}
        });
        assertThat(errors).singleElement().isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void cancelAgainstGrant() {
        for (int round = 0; round < 2000; round++) {
            PooledBuffer taken = one.acquire(100);
            HoldingSubscriber subscriber = new HoldingSubscriber();
            BufferMono.acquire(one, 100).subscribe(subscriber);
            subscriber.request(1);
            RaceTestUtils.race(taken::release, subscriber::cancel);
            subscriber.releaseAll();
            assertThat(one.stats().buffersInUse()).isZero();
            assertThat(one.stats().pending()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void cancelAgainstRequest(boolean mustWait) {
        PooledBuffer taken = mustWait ? one.acquire(100) : null;
        for (int round = 0; round < 5000; round++) {
            HoldingSubscriber subscriber = new HoldingSubscriber();
            BufferMono.acquire(one, 100).subscribe(subscriber);
            RaceTestUtils.race(() -> subscriber.request(1), subscriber::cancel);
            subscriber.releaseAll();
            assertThat(one.stats().pending()).isZero();
            assertThat(one.stats().buffersInUse()).isEqualTo(mustWait ? 1 : 0);
        }
        if (taken != null) {
            taken.release();
        }
    }

    @Test
    void canBeScanned() {
        BufferMono mono = BufferMono.acquire(pool, 8192);
        assertThat(mono).hasToString("BufferMono.acquire(8,192)");
        assertThat(Scannable.from(mono).scan(Scannable.Attr.RUN_STYLE)).isEqualTo(Scannable.Attr.RunStyle.ASYNC);
        HoldingSubscriber subscriber = new HoldingSubscriber();
        mono.subscribe(subscriber);
        Scannable subscription = Scannable.from(subscriber.upstream());
        assertThat(subscription.scan(Scannable.Attr.TERMINATED)).isFalse();
        subscriber.request(1);
        assertThat(subscription.scan(Scannable.Attr.TERMINATED)).isTrue();
        assertThat(subscription.scan(Scannable.Attr.CANCELLED)).isFalse();
        subscriber.releaseAll();
    }

    @Test
    void staysABufferMonoUnderAssemblyHooks() {
        Hooks.onOperatorDebug();
        try {
            BufferMono mono = BufferMono.acquire(pool, 10);
            assertThat(Scannable.from(mono).scan(Scannable.Attr.PARENT)).isNotNull();
            mono.block(LIMIT).release();
        } finally {
            Hooks.resetOnOperatorDebug();
        }
    }

    @Test
    void consumesAndReleases() {
        StepVerifier.create(BufferMono.acquire(pool, 100).consume(PooledBuffer::length))
                .expectNext(100)
                .verifyComplete();
        StepVerifier.create(BufferMono.acquire(pool, 100).consume(buffer -> null))
                .verifyComplete();
        StepVerifier.create(BufferMono.acquire(pool, 100).consume(buffer -> {
                    throw new IllegalStateException("in fn");
                }))
                .verifyErrorMessage("in fn");
    }

    @Test
    void comesBackFromReactorsOperators() {
        BufferMono own = BufferMono.acquire(pool, 10);
        assertThat(BufferMono.from(own)).isSameAs(own);
        StepVerifier.create(BufferMono.from(own.filter(buffer -> false)).consume(PooledBuffer::length))
                .verifyComplete();
        BufferMono joined = BufferFlux.read(ByteSources.bytes(new byte[50]).chunkSize(7), pool)
                .join(100);
        StepVerifier.create(BufferMono.from(joined.doOnNext(buffer -> {})).consume(PooledBuffer::length))
                .expectNext(50)
                .verifyComplete();
    }

    @Test
    void aDumpNamesTheHolderWhileItWaitsAndWhenItHas() {
        PooledBuffer taken = one.acquire(10);
        List<PooledBuffer> granted = new ArrayList<>();
        BufferMono.acquire(one, 10, null, "the parser").subscribe(granted::add);
        assertThat(one.dump().waiting())
                .singleElement()
                .satisfies(waiting -> assertThat(waiting.holder()).isEqualTo("the parser"));
        taken.release();
        eventually(() -> granted.size() == 1);
        assertThat(one.dump().oldest())
                .singleElement()
                .satisfies(held -> assertThat(held.holder()).isEqualTo("the parser"));
        granted.get(0).release();
        StepVerifier.withVirtualTime(() -> BufferMono.acquire(one, 10, Duration.ofDays(1), "another"))
                .consumeNextWith(PooledBuffer::release)
                .verifyComplete();
    }
}
