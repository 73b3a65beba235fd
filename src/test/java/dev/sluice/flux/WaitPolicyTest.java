package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.BufferPool;
import dev.sluice.PoolEvent;
import dev.sluice.PoolExhaustedException;
import dev.sluice.PoolListener;
import dev.sluice.PooledBuffer;
import dev.sluice.testing.VirtualPoolClock;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What waits, for how long, and what fails: every policy over every source, alone and below operators. */
class WaitPolicyTest extends FluxTest {

    private static final int LIMIT_BYTES = 64 << 10;
    private static final Duration TWO_SECONDS = Duration.ofSeconds(2);
    private static final byte[] CONTENT = content(5000);

    private final VirtualPoolClock clock = VirtualPoolClock.create();
    private final BufferPool small = BufferPool.builder()
            .name("small")
            .maxBytes(LIMIT_BYTES)
            .clock(clock)
            .build();
    private final AtomicInteger refusals = new AtomicInteger();
    private final AnySubscriber subscriber = new AnySubscriber();

    /** Frames that another library owns; each is an array. */
    private static final class Arrays implements FrameAccess<byte[]> {

        @Override
        public @Nullable PooledBuffer lease(byte[] frame, BufferPool pool) {
            return null;
        }

        @Override
        public int length(byte[] frame) {
            return frame.length;
        }

        @Override
        public void copy(byte[] frame, int offset, ByteBuffer target) {
            target.put(frame, offset, target.remaining());
        }

        @Override
        public void retain(byte[] frame) {}

        @Override
        public void release(byte[] frame) {}
    }

    /** What takes memory above the policy. */
    private enum Above {
        NOTHING(flux -> flux),
        GZIP(BufferFlux::gzip),
        RECHUNK(flux -> flux.rechunk(700)),
        MERGED(flux -> BufferFlux.mergeBuffers(List.of(flux), 1)),
        FETCHED_AHEAD(flux -> flux.inFlight(2));

        final Function<BufferFlux, BufferFlux> operator;

        Above(Function<BufferFlux, BufferFlux> operator) {
            this.operator = operator;
        }
    }

    static Stream<Arguments> sources() {
        return Stream.concat(Stream.of(AnySource.values()), Stream.of("FRAMES"))
                .flatMap(source -> Stream.of(Above.values()).map(above -> Arguments.of(source, above)));
    }

    private BufferFlux over(Object source, Above above) {
        BufferFlux flux = source instanceof AnySource any
                ? any.over(CONTENT, dir, small, 1000)
                : BufferFlux.fromFrames("frames", Flux.just(CONTENT), new Arrays(), small, Runnable::run);
        return above.operator.apply(flux);
    }

    private PooledBuffer takeAll() {
        PooledBuffer all = small.acquire(LIMIT_BYTES);
        small.addListener(new PoolListener() {
            @Override
            public void event(PoolEvent event) {
                if (event instanceof PoolEvent.Refused) {
                    refusals.incrementAndGet();
                }
            }
        });
        return all;
    }

    private void subscribe(BufferFlux flux) {
        flux.subscribe(subscriber);
        subscriber.request(Long.MAX_VALUE);
    }

    private void failedWith(String why) {
        eventually(() -> subscriber.ends.get() == 1, () -> "no end; " + small);
        assertThat(subscriber.received).hasValue(0);
        assertThat(subscriber.error)
                .isInstanceOf(PoolExhaustedException.class)
                .hasMessageContaining("pool 'small' cannot grant")
                .hasMessageContaining(why)
                .hasMessageContaining("in use 65,536 bytes in 1 buffers, idle 0 bytes, limit 65,536 bytes");
    }

    @AfterEach
    void nothingIsLeftOfTheSmallOne() {
        eventually(
                () -> small.stats().buffersInUse() == 0
                        && small.stats().pending() == 0
                        && small.stats().demand() == 0,
                small::stats);
        small.close();
        assertThat(subscriber.ends).hasValueLessThanOrEqualTo(1);
    }

    @ParameterizedTest(name = "{0} below {1}")
    @MethodSource("sources")
    void forEverIsForEver(Object source, Above above) {
        PooledBuffer all = takeAll();
        subscribe(over(source, above).waiting(WaitPolicy.forever()));
        eventually(() -> small.stats().pending() > 0, small::stats);
        clock.advance(Duration.ofDays(365));
        assertThat(subscriber.ends).hasValue(0);
        all.release();
        eventually(() -> subscriber.ends.get() == 1, small::toString);
        assertThat(subscriber.error).isNull();
        assertThat(subscriber.received).hasPositiveValue();
        assertThat(refusals).as("nobody who waits is refused").hasValue(0);
    }

    @ParameterizedTest(name = "{0} below {1}")
    @MethodSource("sources")
    void someTimeIsThatTime(Object source, Above above) {
        PooledBuffer all = takeAll();
        int before = clock.scheduled();
        subscribe(over(source, above).waiting(WaitPolicy.atMost(TWO_SECONDS)));
        eventually(() -> clock.scheduled() > before && small.stats().pending() > 0, small::stats);
        clock.advance(TWO_SECONDS.minusNanos(1));
        assertThat(subscriber.ends).hasValue(0);
        clock.advance(Duration.ofNanos(1));
        failedWith("waited PT2S in vain");
        eventually(() -> small.stats().pending() == 0, small::stats);
        assertThat(clock.scheduled()).as("no timer is left").isLessThanOrEqualTo(before);
        all.release();
    }

    @ParameterizedTest(name = "{0} below {1}")
    @MethodSource("sources")
    void neverIsAtOnce(Object source, Above above) {
        PooledBuffer all = takeAll();
        subscribe(over(source, above).waiting(WaitPolicy.never()));
        failedWith("");
        assertThat(small.stats().pending()).isZero();
        eventually(() -> refusals.get() == 1, () -> "refusals: " + refusals);
        all.release();
    }

    @ParameterizedTest(name = "{0} below {1}")
    @MethodSource("sources")
    void whatIsFreeIsTakenWhateverThePolicyIs(Object source, Above above) {
        for (WaitPolicy policy : List.of(WaitPolicy.forever(), WaitPolicy.atMost(TWO_SECONDS), WaitPolicy.never())) {
            AnySubscriber each = new AnySubscriber();
            BufferFlux flux = over(source, above).waiting(policy);
            flux.subscribe(each);
            each.request(Long.MAX_VALUE);
            eventually(() -> each.ends.get() == 1, small::toString);
            assertThat(each.error).as(policy.toString()).isNull();
            assertThat(each.received).hasPositiveValue();
            eventually(() -> small.stats().buffersInUse() == 0, small::stats);
        }
        assertThat(refusals).hasValue(0);
    }

    @ParameterizedTest(name = "{0} below {1}")
    @MethodSource("sources")
    void aWaitThatIsCancelledLeavesNoTimer(Object source, Above above) {
        PooledBuffer all = takeAll();
        int before = clock.scheduled();
        subscribe(over(source, above).waiting(WaitPolicy.atMost(TWO_SECONDS)));
        eventually(() -> clock.scheduled() > before && small.stats().pending() > 0, small::stats);
        subscriber.cancel();
        eventually(() -> small.stats().pending() == 0 && clock.scheduled() == before, small::stats);
        clock.advance(Duration.ofDays(1));
        assertThat(subscriber.ends).hasValue(0);
        all.release();
    }

    @Test
    void aWaitThatIsGrantedInTimeLeavesNoTimer() {
        PooledBuffer all = takeAll();
        subscribe(over(AnySource.BYTES, Above.GZIP).waiting(WaitPolicy.atMost(TWO_SECONDS)));
        eventually(() -> small.stats().pending() > 0, small::stats);
        clock.advance(TWO_SECONDS.minusNanos(1));
        all.release();
        eventually(() -> subscriber.ends.get() == 1, small::toString);
        assertThat(subscriber.error).isNull();
        clock.advance(Duration.ofDays(1));
        assertThat(small.stats().buffersInUse()).isZero();
    }

    @Test
    void theNearestBelowHoldsAndTheSourceItselfGoesBeforeAll() {
        PooledBuffer all = takeAll();
        ByteSource.Opener bytes = ByteSources.bytes(CONTENT);
        List<Publisher<?>> failing = List.of(
                BufferFlux.read(bytes, small).waiting(WaitPolicy.never()).waiting(WaitPolicy.forever()),
                BufferFlux.read(bytes.waiting(WaitPolicy.never()), small).waiting(WaitPolicy.forever()),
                BufferFlux.read(bytes.named("bytes").waiting(WaitPolicy.never()).chunkSize(100), small),
                BufferFlux.concatBuffers(List.of(BufferFlux.read(bytes, small))).waiting(WaitPolicy.never()),
                BufferFlux.deferBuffers(() -> BufferFlux.read(bytes, small)).waiting(WaitPolicy.never()));
        for (Publisher<?> each : failing) {
            assertThatThrownBy(() -> Flux.from(each).blockLast(LIMIT)).isInstanceOf(PoolExhaustedException.class);
        }
        all.release();
    }

    /** The source has what it takes; the operator has not. */
    @Test
    void operatorsAboveWaitLikewise() {
        try (BufferPool tiny = BufferPool.builder().maxBytes(192).build()) {
            PooledBuffer all = tiny.acquire(128);
            BufferFlux starving = BufferFlux.from(Mono.fromSupplier(() -> Cuts.buffer(tiny, new byte[] {27, 1})))
                    .rechunk(3);
            assertThatThrownBy(() -> starving.waiting(WaitPolicy.never()).blockLast(LIMIT))
                    .isInstanceOf(PoolExhaustedException.class);
            assertThat(tiny.stats().buffersInUse()).isEqualTo(1);
            all.release();
        }
    }

    @Test
    void saysWhatItIs() {
        assertThat(WaitPolicy.forever()).hasToString("forever").isEqualTo(WaitPolicy.forever());
        assertThat(WaitPolicy.never()).hasToString("never").isNotEqualTo(WaitPolicy.forever());
        assertThat(WaitPolicy.atMost(TWO_SECONDS))
                .hasToString("at most PT2S")
                .isEqualTo(WaitPolicy.atMost(Duration.ofMillis(2000)))
                .hasSameHashCodeAs(WaitPolicy.atMost(TWO_SECONDS));
        assertThat(WaitPolicy.atMost(TWO_SECONDS).limit()).contains(TWO_SECONDS);
        assertThat(WaitPolicy.never().limit()).isEmpty();
        assertThat(WaitPolicy.atMost(Duration.ofSeconds(Long.MAX_VALUE)).nanos())
                .isEqualTo(Long.MAX_VALUE);
        assertThatThrownBy(() -> WaitPolicy.atMost(Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a wait must be above zero, not PT0S");
        assertThatThrownBy(() -> WaitPolicy.atMost(Duration.ofSeconds(-1)))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
