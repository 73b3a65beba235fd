package dev.sluice.benchmark;

import dev.sluice.BufferPool;
import dev.sluice.netty.NettyBuffers;
import io.netty.buffer.AdaptiveByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What a socket's read costs beside the system call, with our allocator and with Netty's. See {@code -prof gc}. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class NettyReadBenchmark {

    @Param({"sluice", "pooled", "adaptive"})
    String allocator;

    @Param({"2048", "65536"})
    int size;

    private ByteBufAllocator alloc;

    @Setup
    public void open() {
        alloc = switch (allocator) {
            case "sluice" ->
                NettyBuffers.allocator(BufferPool.builder().maxBytes(256L << 20).build());
            case "pooled" -> new PooledByteBufAllocator(true);
            case "adaptive" -> new AdaptiveByteBufAllocator(true);
            default -> throw new IllegalArgumentException(allocator);
        };
    }

    /** As epoll reads: into an address. */
    @Benchmark
    public long address() {
        ByteBuf buffer = alloc.directBuffer(size);
        long address = buffer.memoryAddress();
        buffer.writerIndex(size).release();
        return address;
    }

    /** As NIO reads: into a {@code ByteBuffer}. */
    @Benchmark
    public int view() {
        ByteBuf buffer = alloc.directBuffer(size);
        int remaining = buffer.internalNioBuffer(0, size).remaining();
        buffer.writerIndex(size).release();
        return remaining;
    }

    /** As a decoder passes parts of it on. */
    @Benchmark
    public int part() {
        ByteBuf buffer = alloc.directBuffer(size).writerIndex(size);
        ByteBuf part = buffer.readRetainedSlice(size / 2);
        buffer.release();
        int readable = part.readableBytes();
        part.release();
        return readable;
    }

    /** As a decoder looks for the end of a line. */
    @Benchmark
    public long scan() {
        ByteBuf buffer = alloc.directBuffer(size).writerIndex(size);
        long sum = 0;
        for (int i = 0; i < 1024; i++) {
            sum += buffer.getByte(i);
        }
        buffer.release();
        return sum;
    }
}
