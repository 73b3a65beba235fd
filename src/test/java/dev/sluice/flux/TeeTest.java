package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.nio.ReadOnlyBufferException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Several subscribers get the same buffers, each with leases and demand of its own. */
class TeeTest extends FluxTest {

    private final RudeSource source = new RudeSource();
    private final HoldingSubscriber a = new HoldingSubscriber();
    private final HoldingSubscriber b = new HoldingSubscriber();

    private BufferFlux tee(TeePolicy policy) {
        BufferFlux tee = BufferFlux.from(source).tee(2, policy, 2);
        tee.subscribe(a);
        assertThat(source.subscriber).as("before the group is complete").isNull();
        tee.subscribe(b);
        return tee;
    }

    private void emit(String... texts) {
        for (String text : texts) {
            source.subscriber.onNext(buffer(text));
        }
    }

    @AfterEach
    void releaseHeld() {
        a.releaseAll();
        b.releaseAll();
        Hooks.resetOnErrorDropped();
    }

    @Test
    void eachGetsALeaseOfItsOwnOnTheSameMemory() {
        tee(TeePolicy.SLOWEST);
        a.request(1);
        b.request(1);
        emit("x");
        PooledBuffer first = a.held.remove();
        PooledBuffer second = b.held.remove();
        assertThat(first).isNotSameAs(second);
        assertThat(first.sharesMemoryWith(second)).isTrue();
        assertThat(pool.stats().buffersInUse()).isEqualTo(1);
        assertThatThrownBy(() -> first.byteBuffer().put(0, (byte) 1)).isInstanceOf(ReadOnlyBufferException.class);
        assertThat(text(first)).isEqualTo("x");
        assertThat(text(second)).isEqualTo("x");
        assertThat(pool.stats().buffersInUse()).isZero();
    }

    @Test
    void theSlowestDecides() {
        tee(TeePolicy.SLOWEST);
        a.request(5);
        assertThat(source.requested).hasValue(0);
        b.request(2);
        assertThat(source.requested).hasValue(2);
        b.request(1);
        assertThat(source.requested).hasValue(3);
        emit("1", "2", "3");
        assertThat(a.received).hasValue(3);
        assertThat(b.received).hasValue(3);
        b.requestUnbounded();
        assertThat(source.requested).hasValue(5);
        b.cancel();
        a.requestUnbounded();
        assertThat(source.requested).hasValue(5 + Long.MAX_VALUE);
    }

    @Test
    void withoutTheSlowestTheOthersGetMore() {
        tee(TeePolicy.SLOWEST);
        a.request(5);
        b.request(2);
        assertThat(source.requested).hasValue(2);
        b.cancel();
        assertThat(source.requested).hasValue(5);
        emit("1", "2");
        assertThat(a.received).hasValue(2);
        assertThat(b.received).hasValue(0);
    }

    @Test
    void theFastestDecidesAndWhoFallsBehindIsLeftBehind() {
        tee(TeePolicy.FASTEST);
        a.request(5);
        assertThat(source.requested).hasValue(5);
        b.request(1);
        emit("1", "2", "3");
        assertThat(b.received).hasValue(1);
        assertThat(b.error).isNull();
        assertThat(pool.stats().buffersInUse()).isEqualTo(3);
        a.releaseAll();
        emit("4");
        assertThat(Exceptions.isOverflow(b.error)).isTrue();
        assertThat(b.error).hasMessageContaining("more than 2 buffers behind");
        b.releaseAll();
        assertThat(a.received).hasValue(4);
        a.releaseAll();
        assertThat(pool.stats().buffersInUse()).isZero();
        emit("5");
        source.subscriber.onComplete();
        assertThat(a.received).hasValue(5);
        assertThat(a.completions).hasValue(1);
        assertThat(b.completions).hasValue(0);
    }

    @Test
    void whoFallsBehindWithinBoundsCatchesUp() {
        tee(TeePolicy.FASTEST);
        a.request(3);
        emit("1", "2");
        source.subscriber.onComplete();
        assertThat(a.completions).hasValue(1);
        assertThat(b.completions).hasValue(0);
        b.request(2);
        assertThat(b.received).hasValue(2);
        assertThat(b.completions).hasValue(1);
    }

    @ParameterizedTest
    @EnumSource
    void oneThatCancelsLeavesTheOthersAlone(TeePolicy policy) {
        tee(policy);
        a.request(3);
        b.request(3);
        emit("1");
        a.cancel();
        assertThat(source.cancelled).isFalse();
        emit("2");
        assertThat(b.received).hasValue(2);
        assertThat(a.received).hasValue(1);
        b.cancel();
        assertThat(source.cancelled).isTrue();
        emit("late");
    }

    @ParameterizedTest
    @EnumSource
    void anErrorOfTheSourceEndsAll(TeePolicy policy) {
        tee(policy);
        a.request(3);
        b.request(3);
        emit("1");
        source.subscriber.onError(new IOException("gone"));
        assertThat(a.error).hasMessage("gone");
        assertThat(b.error).hasMessage("gone");
        emit("late");
        Hooks.onErrorDropped(error -> {});
        source.subscriber.onError(new IOException("late"));
    }

    @ParameterizedTest
    @EnumSource
    void aSourceThatEmitsTooMuchIsAnError(TeePolicy policy) {
        tee(policy);
        a.request(1);
        b.request(1);
        emit("1", "2");
        assertThat(Exceptions.isOverflow(a.error)).isTrue();
        assertThat(Exceptions.isOverflow(b.error)).isTrue();
        assertThat(source.cancelled).isTrue();
        emit("late");
    }

    @Test
    void aSubscriberThatThrowsHasLeft() {
        AtomicReference<Throwable> dropped = new AtomicReference<>();
        Hooks.onErrorDropped(dropped::set);
        BufferFlux tee = BufferFlux.from(source).tee(2, TeePolicy.SLOWEST);
        tee.subscribe(new HoldingSubscriber() {
            @Override
            protected void hookOnNext(PooledBuffer buffer) {
                buffer.release();
                throw Exceptions.bubble(new IllegalStateException("in onNext"));
            }

            @Override
            protected void hookOnSubscribe(org.reactivestreams.Subscription subscription) {
                requestUnbounded();
            }
        });
        tee.subscribe(b);
        b.request(2);
        emit("1", "2");
        assertThat(b.received).hasValue(2);
        assertThat(dropped.get()).hasRootCauseMessage("in onNext");
        assertThat(source.cancelled).isFalse();
    }

    @Test
    void aBadRequestEndsOneOnly() {
        tee(TeePolicy.SLOWEST);
        b.request(1);
        a.upstream().request(0);
        assertThat(a.error).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("3.9");
        assertThat(source.requested).hasValue(1);
        emit("1");
        assertThat(b.received).hasValue(1);
    }

    @Test
    void whoLeavesBeforeTheGroupIsCompleteFreesThePlace() {
        BufferFlux tee = BufferFlux.from(source).tee(2, TeePolicy.SLOWEST);
        HoldingSubscriber early = new HoldingSubscriber();
        tee.subscribe(early);
        early.request(3);
        early.cancel();
        tee.subscribe(new HoldingSubscriber() {
            @Override
            protected void hookOnSubscribe(org.reactivestreams.Subscription subscription) {
                cancel();
            }
        });
        tee.subscribe(a);
        assertThat(source.subscriber).isNull();
        tee.subscribe(b);
        assertThat(source.subscriber).isNotNull();
        a.request(1);
        b.request(1);
        assertThat(source.requested).hasValue(1);
    }

    @Test
    void theNextSubscribersAreAnotherGroup() {
        BufferFlux tee = BufferFlux.from(buffers("1", "2")).tee(2, TeePolicy.SLOWEST);
        for (int group = 0; group < 3; group++) {
            HoldingSubscriber one = new HoldingSubscriber();
            HoldingSubscriber other = new HoldingSubscriber();
            tee.subscribe(one);
            tee.subscribe(other);
            one.requestUnbounded();
            other.request(2);
            assertThat(one.completions).hasValue(1);
            assertThat(other.received).hasValue(2);
            one.releaseAll();
            other.releaseAll();
        }
    }

    /** A subscriber that asks for one buffer after the other from within onNext gets them in order. */
    @Test
    void keepsTheOrderOfASourceThatAnswersFromWithin() {
        List<String> texts = new ArrayList<>();
        BufferFlux tee = BufferFlux.from(buffers("1", "2", "3", "4")).tee(2, TeePolicy.FASTEST);
        tee.subscribe(new HoldingSubscriber() {
            @Override
            protected void hookOnSubscribe(org.reactivestreams.Subscription subscription) {
                request(1);
            }

            @Override
            protected void hookOnNext(PooledBuffer buffer) {
                texts.add("a" + text(buffer));
                request(1);
            }
        });
        Flux<String> second = tee.consume(buffer -> buffer.toString(java.nio.charset.StandardCharsets.UTF_8));
        second.subscribe(text -> texts.add("b" + text));
        assertThat(texts.stream().filter(text -> text.startsWith("a"))).containsExactly("a1", "a2", "a3", "a4");
        assertThat(texts.stream().filter(text -> text.startsWith("b"))).containsExactly("b1", "b2", "b3", "b4");
    }

    @ParameterizedTest
    @EnumSource
    void eachReadsTheWholeFileOnItsOwnThread(TeePolicy policy) throws IOException {
        BufferFlux tee = BufferFlux.read(file(1_000_000), pool, 1000).tee(3, policy, 2000);
        Mono<byte[]> whole = tee.emitOn(Schedulers.parallel(), 4)
                .consume(PooledBuffer::toByteArray)
                .collect(java.io.ByteArrayOutputStream::new, java.io.ByteArrayOutputStream::writeBytes)
                .map(java.io.ByteArrayOutputStream::toByteArray);
        assertThat(Flux.merge(whole, whole, whole).collectList().block(LIMIT))
                .hasSize(3)
                .allSatisfy(each -> assertThat(each).isEqualTo(content(1_000_000)));
    }

    @Test
    void refusesWhatMakesNoSense() {
        BufferFlux flux = BufferFlux.from(source);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> flux.tee(0, TeePolicy.SLOWEST))
                .withMessage("the number of subscribers must be at least 1, not 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> flux.tee(1, TeePolicy.FASTEST, 0))
                .withMessage("maxQueued must be at least 1, not 0");
    }

    @Test
    void canBeScanned() {
        BufferFlux tee = tee(TeePolicy.FASTEST);
        assertThat(Scannable.from(tee).scan(Scannable.Attr.PARENT)).isNotNull();
        a.request(3);
        emit("1");
        Scannable slow = Scannable.from(b.upstream());
        assertThat(slow.scan(Scannable.Attr.BUFFERED)).isEqualTo(1);
        assertThat(slow.scan(Scannable.Attr.PARENT)).isNotNull();
        assertThat(Scannable.from(a.upstream()).scan(Scannable.Attr.REQUESTED_FROM_DOWNSTREAM))
                .isEqualTo(2);
        b.cancel();
        assertThat(slow.scan(Scannable.Attr.CANCELLED)).isTrue();
        assertThat(slow.scan(Scannable.Attr.BUFFERED)).isZero();
    }
}
