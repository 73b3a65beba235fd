package dev.sluice.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.LeakDetection;
import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.ByteSources;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.reactivestreams.Publisher;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferFactory;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import reactor.core.publisher.BaseSubscriber;

/** Data buffers that become garbage with the subscriber that kept them are found, behind every conversion. */
class LostDataBuffersTest {

    private static final int CHUNK = 64 << 10;

    static Stream<Arguments> conversions() {
        DataBufferFactory netty = new NettyDataBufferFactory(new UnpooledByteBufAllocator(true));
        DataBufferFactory other = DefaultDataBufferFactory.sharedInstance;
        return Stream.of(netty, other)
                .flatMap(factory -> Stream.of(0, 4, 16).map(window -> Arguments.of(factory, window)));
    }

    @ParameterizedTest
    @MethodSource("conversions")
    void eachIsReportedAndItsMemoryComesBack(DataBufferFactory factory, int window) {
        AtomicInteger reports = new AtomicInteger();
        BufferPool pool = BufferPool.builder()
                .maxBytes(1 << 20)
                .leakDetection(LeakDetection.EVERY)
                .onLeak(report -> reports.incrementAndGet())
                .build();
        BufferFlux bytes =
                BufferFlux.read(ByteSources.bytes(new byte[4 * CHUNK]).chunkSize(CHUNK), pool);
        lose(
                window == 0
                        ? DataBuffers.toDataBuffers(bytes, factory)
                        : DataBuffers.toDataBuffers(bytes, factory, window));
        SpringTest.eventually(
                () -> {
                    System.gc();
                    return reports.get() == 4 && pool.stats().buffersInUse() == 0;
                },
                () -> reports + " reports, " + pool.stats());
        pool.close();
    }

    /** In a frame of its own, so that nothing on this thread's stack refers to the subscriber afterwards. */
    private static void lose(Publisher<DataBuffer> buffers) {
        List<DataBuffer> kept = new ArrayList<>();
        buffers.subscribe(new BaseSubscriber<>() {
            @Override
            protected void hookOnNext(DataBuffer buffer) {
                kept.add(buffer);
            }
        });
        assertThat(kept).hasSize(4);
    }
}
