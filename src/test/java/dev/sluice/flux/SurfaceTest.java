package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.BufferPoolException;
import dev.sluice.BufferPools;
import dev.sluice.BufferReleasedException;
import dev.sluice.InvalidSizeException;
import dev.sluice.MemoryBudget;
import dev.sluice.PoolClosedException;
import dev.sluice.PoolConfigException;
import dev.sluice.PoolExhaustedException;
import dev.sluice.PoolStats;
import dev.sluice.PooledBuffer;
import dev.sluice.netty.NettyBuffers;
import dev.sluice.spring.PooledDataBufferFactory;
import io.netty.buffer.ByteBufAllocator;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.core.io.buffer.DataBufferFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.NettyInbound;
import reactor.netty.NettyOutbound;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;
import reactor.netty.tcp.TcpClient;
import reactor.netty.tcp.TcpServer;

/** The calls that outside programs are compiled against: this class must go on compiling as it stands. */
class SurfaceTest extends FluxTest {

    @Test
    void pools() {
        BufferPool few = BufferPool.create();
        BufferPool more = BufferPool.withMaxBuffers(128);
        BufferPool bounded = BufferPool.builder()
                .maxBytes(256L << 20)
                .maxBuffersPerSize(1024)
                .direct(true)
                .build();
        MemoryBudget budget = MemoryBudget.of(1L << 30);
        MemoryBudget tenant = budget.child("tenant-a", 256L << 20);
        BufferPool ofTenant = BufferPool.builder().budget(tenant).build();
        for (BufferPool each : List.of(few, more, bounded, ofTenant)) {
            PooledBuffer b = each.acquire(8192);
            ByteBuffer view = b.byteBuffer();
            assertThat(view.position() + b.readOnlyBuffer().position()).isZero();
            assertThat(view.order()).isEqualTo(ByteOrder.BIG_ENDIAN);
            b.resize(2048);
            assertThat(b.capacity()).isGreaterThanOrEqualTo(b.length());
            assertThat(b.isEmpty()).isFalse();
            try (PooledBuffer twin = b.retain();
                    PooledBuffer part = b.slice(16, 100)) {
                assertThat(twin.length()).isGreaterThan(part.length());
            }
            b.clear();
            b.release();
            PoolStats s = each.stats();
            assertThat(s.totalAcquisitions()).isEqualTo(s.totalReleases());
            assertThat(s.totalAllocated() + s.buffersInUse() + s.availableBuffers() + s.peakAllocation())
                    .isPositive();
            assertThat(s.pending() + s.demand() + s.hits() + s.misses()).isPositive();
            each.shrink();
            each.clear();
            each.close();
        }
    }

    @Test
    void sharedPoolsAndErrors() {
        assertThat(List.of(BufferPools.small(), BufferPools.medium(), BufferPools.large()))
                .hasSize(3);
        for (PooledBuffer each : List.of(
                BufferPools.acquireSmall(),
                BufferPools.acquireMedium(),
                BufferPools.acquireLarge(),
                BufferPools.acquire(2048))) {
            each.release();
        }
        assertThat(BufferPools.stats()).isNotNull();
        BufferPools.clear();
        assertThat(List.of(
                        InvalidSizeException.class,
                        PoolExhaustedException.class,
                        PoolConfigException.class,
                        PoolClosedException.class,
                        BufferReleasedException.class))
                .allMatch(BufferPoolException.class::isAssignableFrom);
        assertThat(BufferPoolException.class.isSealed()).isTrue();
    }

    @Test
    void streams() throws Exception {
        Path path = Files.writeString(dir.resolve("in"), "one\ntwo\n");
        Path copy = dir.resolve("out");
        BufferFlux flux = BufferFlux.read(path, pool);
        BufferFlux chunks = BufferFlux.read(path, pool, 3);
        BufferFlux back = BufferFlux.from(Flux.from(chunks));
        Flux<Integer> lengths = back.consume(PooledBuffer::length);
        Flux<Integer> inner = flux.consumeMany(buffer -> Mono.just(buffer.length()), 2);
        Mono<Long> written = flux.writeTo(copy);
        assertThat(written.block(LIMIT)).isEqualTo(8);
        assertThat(lengths.collectList().block(LIMIT)).containsExactly(3, 3, 2);
        assertThat(inner.blockLast(LIMIT)).isEqualTo(8);
        BufferFlux cut = chunks.rechunk(4).skipBytes(1).takeBytes(5);
        BufferFlux records = cut.split(new byte[] {'\n'}, 100);
        BufferFlux framed = records.prefixLengths(2, ByteOrder.BIG_ENDIAN).lengthPrefixed(2, ByteOrder.BIG_ENDIAN, 100);
        Flux<String> lines = framed.rechunk(100).lines(StandardCharsets.UTF_8, 100);
        assertThat(lines.blockLast(LIMIT)).isEqualTo("netw");
        Flux<String> pieces = flux.gzip().gunzip().decode(StandardCharsets.UTF_8);
        assertThat(pieces.blockLast(LIMIT)).isEqualTo("one\ntwo\n");
        Mono<PooledBuffer> joined = flux.join(100);
        Mono<String> text = flux.asString(StandardCharsets.UTF_8, 100);
        assertThat(BufferMono.from(joined).consume(PooledBuffer::length).block(LIMIT))
                .isEqualTo(text.map(String::length).block(LIMIT));
        assertThat(BufferMono.acquire(pool, 10).consume(PooledBuffer::length).block(LIMIT))
                .isEqualTo(10);
        assertThat(chunks.inFlight(2).consume(PooledBuffer::length).count().block(LIMIT))
                .isEqualTo(3);
    }

    @Test
    void doors() {
        BufferFlux source = BufferFlux.read(answered -> new SourceBytes(ByteBuffer.wrap(new byte[10])), pool);
        BufferFlux passed = source.stage("passing", memory -> new Passing());
        Mono<Long> written = passed.writeTo(answered -> new SinkStream(OutputStream.nullOutputStream()));
        assertThat(written.block(LIMIT)).isEqualTo(10);
        Flux<String> lines = source.stage("lines", (StageMemory memory) -> StageLinesOf.lines());
        assertThat(lines.count().block(LIMIT)).isEqualTo(1);
    }

    /** Gives what is not a buffer. */
    private static final class StageLinesOf implements Stage<String> {

        private boolean got;

        static StageLinesOf lines() {
            return new StageLinesOf();
        }

        @Override
        public void accept(PooledBuffer input) {
            got = true;
            input.release();
        }

        @Override
        public @Nullable String next() {
            boolean now = got;
            got = false;
            return now ? "some" : null;
        }

        @Override
        public void release() {}
    }

    /** Gives what it was given. */
    private static final class Passing implements Stage<PooledBuffer> {

        private @Nullable PooledBuffer held;

        @Override
        public void accept(PooledBuffer input) {
            held = input;
        }

        @Override
        public @Nullable PooledBuffer next() {
            PooledBuffer now = held;
            held = null;
            return now;
        }

        @Override
        public void release() {
            if (held != null) {
                held.release();
            }
        }
    }

    @Test
    void adapters() {
        ByteBufAllocator allocator = NettyBuffers.allocator(pool);
        allocator.buffer(10).release();
        HttpServer httpServer = NettyBuffers.equip(HttpServer.create(), pool);
        HttpClient httpClient = NettyBuffers.equip(HttpClient.create(), pool);
        TcpServer tcpServer = NettyBuffers.equip(TcpServer.create(), pool);
        TcpClient tcpClient = NettyBuffers.equip(TcpClient.create(), pool);
        assertThat(List.of(httpServer, httpClient, tcpServer, tcpClient)).hasSize(4);
        DataBufferFactory factory = new PooledDataBufferFactory(pool);
        assertThat(factory.isDirect()).isTrue();
    }

    /** Compiled only. */
    static NettyOutbound relay(NettyInbound inbound, NettyOutbound outbound, BufferPool pool) {
        BufferFlux received = NettyBuffers.receive(inbound, pool);
        return NettyBuffers.send(outbound, received);
    }
}
