package dev.sluice.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.ByteSources;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.netty.Connection;
import reactor.netty.DisposableServer;

/** The addresses that a handler at the end of the pipeline sees are those of the buffers before and after. */
class ZeroCopyTest extends StreamTest {

    private final BufferPool clientPool =
            BufferPool.builder().name("client").maxBytes(64 << 20).build();
    private final List<Range> seen = new CopyOnWriteArrayList<>();

    @AfterEach
    void closeClientPool() {
        atRest(clientPool);
        clientPool.close();
    }

    private record Range(boolean inbound, long address, int length) {

        static Range of(boolean inbound, ByteBuf bytes) {
            return new Range(inbound, bytes.memoryAddress() + bytes.readerIndex(), bytes.readableBytes());
        }

        static Range of(boolean inbound, PooledBuffer buffer) {
            return new Range(
                    inbound, Unpooled.wrappedBuffer(buffer.byteBuffer()).memoryAddress(), buffer.length());
        }
    }

    private final class Spy extends ChannelDuplexHandler {

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            seen.add(Range.of(true, (ByteBuf) message));
            context.fireChannelRead(message);
        }

        @Override
        public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
            seen.add(Range.of(false, (ByteBuf) message));
            context.write(message, promise);
        }
    }

    /** One that sends back as much as it receives, in the very memory. */
    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#transports")
    void bothWays(Wire wire) {
        List<Range> passed = new CopyOnWriteArrayList<>();
        DisposableServer server = wire.tcpServer(pool)
                .doOnConnection(connection -> connection.addHandlerLast(new Spy()))
                .handle((inbound, outbound) -> NettyBuffers.send(
                        outbound, NettyBuffers.receive(inbound, pool).doOnNext(buffer -> {
                            passed.add(Range.of(true, buffer));
                            passed.add(Range.of(false, buffer));
                        })))
                .bindNow(LIMIT);
        Connection client = wire.tcpClient(clientPool, server.port()).connectNow(LIMIT);
        NettyBuffers.send(
                        client.outbound(),
                        BufferFlux.read(ByteSources.bytes(content(200_000)).chunkSize(10_000), clientPool))
                .then()
                .subscribe();
        byte[] echoed = NettyBuffers.receive(client.inbound(), clientPool)
                .takeBytes(200_000)
                .consume(PooledBuffer::toByteArray)
                .collectList()
                .map(StreamTest::joined)
                .block(LIMIT);
        client.disposeNow(LIMIT);
        server.disposeNow(LIMIT);
        assertThat(echoed).isEqualTo(content(200_000));
        assertThat(seen.stream().filter(Range::inbound))
                .containsExactlyElementsOf(
                        passed.stream().filter(Range::inbound).toList());
        assertThat(seen.stream().filter(range -> !range.inbound()))
                .containsExactlyElementsOf(
                        passed.stream().filter(range -> !range.inbound()).toList());
    }
}
