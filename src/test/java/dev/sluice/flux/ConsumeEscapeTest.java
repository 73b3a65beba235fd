package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

/** A function's result that shows memory of the next holder is refused by every operator that releases. */
class ConsumeEscapeTest extends FluxTest {

    /** An operator that applies a function to each buffer. */
    private record Operator(
            String name, BiFunction<BufferFlux, Function<PooledBuffer, Object>, Publisher<Object>> operator) {

        @Override
        public String toString() {
            return name;
        }
    }

    private record Result(String name, boolean escapes, Function<PooledBuffer, Object> of) {

        @Override
        public String toString() {
            return name;
        }
    }

    private static final List<Operator> OPERATORS = List.of(
            new Operator("consume", BufferFlux::consume),
            new Operator("consumeMany", (flux, fn) -> flux.consumeMany(b -> Mono.just(fn.apply(b)), 2)),
            new Operator("consumeManyOrdered", (flux, fn) -> flux.consumeManyOrdered(b -> Mono.just(fn.apply(b)), 2)),
            new Operator("consumeParallel", (flux, fn) -> flux.consumeParallel(fn, 2, Schedulers.parallel())),
            new Operator(
                    "consumeParallelOrdered",
                    (flux, fn) -> flux.consumeParallelOrdered(fn, 2, Schedulers.boundedElastic())),
            new Operator("BufferMono.consume", (flux, fn) -> flux.join(100).consume(fn)));

    private static final List<Result> RESULTS = List.of(
            new Result("readOnlyBuffer", true, PooledBuffer::readOnlyBuffer),
            new Result("byteBuffer", true, PooledBuffer::byteBuffer),
            new Result("duplicate", true, buffer -> buffer.byteBuffer().duplicate()),
            new Result("slice", true, buffer -> buffer.readOnlyBuffer().slice(2, 1)),
            new Result("itself", true, buffer -> buffer),
            new Result("copy on the heap", false, buffer -> ByteBuffer.wrap(buffer.toByteArray())),
            new Result(
                    "direct copy",
                    false,
                    buffer -> ByteBuffer.allocateDirect(buffer.length())
                            .put(buffer.readOnlyBuffer())
                            .flip()),
            new Result("nothing of it", false, PooledBuffer::length));

    static List<Object[]> cases() {
        List<Object[]> cases = new ArrayList<>();
        for (Operator operator : OPERATORS) {
            for (Result result : RESULTS) {
                for (boolean direct : new boolean[] {true, false}) {
                    cases.add(new Object[] {operator, result, direct});
                }
            }
        }
        return cases;
    }

    @ParameterizedTest(name = "{0} of {1}, direct: {2}")
    @MethodSource("cases")
    void whatShowsMemoryThatIsReleasedIsRefused(Operator operator, Result result, boolean direct) {
        try (BufferPool own = BufferPool.builder()
                .name("own")
                .maxBytes(1 << 20)
                .direct(direct)
                .build()) {
            BufferFlux source = BufferFlux.from(
                    Flux.range(0, 2).map(i -> own.acquire(8)).takeUntil(b -> operator.name.startsWith("BufferMono")));
            StepVerifier.FirstStep<Object> results =
                    StepVerifier.create(Flux.from(operator.operator.apply(source, result.of)));
            if (result.escapes) {
                results.expectErrorSatisfies(error -> assertThat(error)
                                .isInstanceOf(IllegalStateException.class)
                                .hasMessageContaining("consume")
                                .hasMessageContaining("return"))
                        .verify(LIMIT);
            } else {
                results.thenConsumeWhile(each -> true).expectComplete().verify(LIMIT);
            }
            eventually(() -> own.stats().buffersInUse() == 0, own::stats);
        }
    }

    @Test
    void theMessageNamesTheCallToUse() {
        StepVerifier.create(BufferFlux.from(buffers("abc")).consume(PooledBuffer::readOnlyBuffer))
                .verifyErrorMessage("consume releases each buffer, and its function returned a view of one: the 3 bytes"
                        + " that it shows, of a buffer of 3 bytes of pool 'test', would be those of the next holder. For"
                        + " a client that wants a Flux<ByteBuffer>, use toByteBuffers(Handover), which says how long the"
                        + " bytes stay; or return a copy");
    }
}
