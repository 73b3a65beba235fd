package dev.sluice.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.netty.BufferPoolAllocator;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.NettyDataBuffer;
import org.springframework.web.reactive.function.BodyExtractors;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerResponse;

/** A real server and a real client: whose memory their buffers are. */
class ServerAndClientTest {

    private static final byte[] BODY = new byte[1 << 20];

    @Test
    void theServerLivesOnThePool() {
        try (RunningApplication application = RunningApplication.start(Lengths.class)) {
            upload(application, RunningApplication.plainClient());
            Lengths lengths = application.context.getBean(Lengths.class);
            BufferPoolAllocator allocator = application.context.getBean(BufferPoolAllocator.class);
            assertThat(lengths.seen)
                    .isNotEmpty()
                    .allSatisfy(buffer -> assertThat(allocatorOf(buffer)).isSameAs(allocator));
            assertThat(application.pool().stats().totalAcquisitions()).isPositive();
        }
    }

    @Test
    void theServerCanBeLeftOut() {
        try (RunningApplication application = RunningApplication.start(Lengths.class, "sluice.server.enabled=false")) {
            upload(application, RunningApplication.plainClient());
            assertThat(application.pool().stats().totalAcquisitions()).isZero();
        }
    }

    @Test
    void theClientLivesOnThePool() {
        try (RunningApplication application = RunningApplication.start(Lengths.class, "sluice.server.enabled=false")) {
            upload(
                    application,
                    application.context.getBean(WebClient.Builder.class).build());
            assertThat(application.pool().stats().totalAcquisitions()).isPositive();
        }
    }

    @Test
    void theClientCanBeLeftOut() {
        try (RunningApplication application =
                RunningApplication.start(Lengths.class, "sluice.server.enabled=false", "sluice.client.enabled=false")) {
            upload(
                    application,
                    application.context.getBean(WebClient.Builder.class).build());
            assertThat(application.pool().stats().totalAcquisitions()).isZero();
        }
    }

    @Test
    void heapPoolsLeaveTheNetworkAlone() {
        try (RunningApplication application = RunningApplication.start(Lengths.class, "sluice.direct=false")) {
            assertThat(application.context.getBeansOfType(BufferPoolAllocator.class))
                    .isEmpty();
            upload(
                    application,
                    application.context.getBean(WebClient.Builder.class).build());
        }
    }

    @Test
    void switchedOffNothingIsThere() {
        try (RunningApplication application = RunningApplication.start(Lengths.class, "sluice.enabled=false")) {
            assertThat(application.context.getBeansOfType(BufferPool.class)).isEmpty();
            upload(
                    application,
                    application.context.getBean(WebClient.Builder.class).build());
        }
    }

    private static void upload(RunningApplication application, WebClient client) {
        assertThat(client.post()
                        .uri(application.url("/length"))
                        .bodyValue(BODY)
                        .retrieve()
                        .bodyToMono(String.class)
                        .block(RunningApplication.PATIENCE))
                .isEqualTo("1048576");
    }

    private static Object allocatorOf(DataBuffer buffer) {
        return ((NettyDataBuffer) buffer).getNativeBuffer().alloc();
    }

    @Configuration(proxyBeanMethods = false)
    static class Lengths {

        /** Released all, kept to be asked where they come from. */
        final Queue<DataBuffer> seen = new ConcurrentLinkedQueue<>();

        @Bean
        RouterFunction<ServerResponse> length() {
            return RouterFunctions.route()
                    .POST(
                            "/length",
                            request -> request.body(BodyExtractors.toDataBuffers())
                                    .map(this::length)
                                    .reduce(0, Integer::sum)
                                    .flatMap(length -> ServerResponse.ok().bodyValue(length.toString())))
                    .build();
        }

        private int length(DataBuffer buffer) {
            int length = buffer.readableByteCount();
            seen.add(buffer);
            DataBufferUtils.release(buffer);
            return length;
        }
    }
}
