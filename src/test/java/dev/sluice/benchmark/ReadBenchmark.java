package dev.sluice.benchmark;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import io.netty.buffer.PooledByteBufAllocator;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import okio.Buffer;
import okio.Okio;
import okio.Source;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Reads a file of 256 MiB from the page cache, chunk by chunk, and looks at the first byte of each: on the thread that reads,
 * or on another.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5)
@Measurement(iterations = 7)
@Fork(2)
@State(Scope.Benchmark)
public class ReadBenchmark {

    @Param({"65536", "4096"})
    public int chunk;

    private final NettyDataBufferFactory springBuffers = new NettyDataBufferFactory(PooledByteBufAllocator.DEFAULT);
    private BufferPool pool;
    private Scheduler other;
    private Path file;

    @Setup
    public void setUp() {
        file = BigFile.text();
        pool = BufferPool.builder().maxBytes(32 << 20).build();
        other = Schedulers.newSingle("other");
    }

    @TearDown
    public void tearDown() {
        other.dispose();
        pool.close();
    }

    @Benchmark
    public long bareLoop() throws IOException {
        long sum = 0;
        ByteBuffer buffer = ByteBuffer.allocateDirect(chunk);
        try (FileChannel channel = FileChannel.open(file)) {
            while (channel.read(buffer.clear()) > 0) {
                sum += buffer.get(0);
            }
        }
        return sum;
    }

    private static long firstByteOf(PooledBuffer buffer) {
        return buffer.byteBuffer().get(0);
    }

    @Benchmark
    public Long sluice() {
        return BufferFlux.read(file, pool, chunk)
                .consume(ReadBenchmark::firstByteOf)
                .reduce(0L, Long::sum)
                .block();
    }

    @Benchmark
    public Long sluiceOtherThread() {
        return BufferFlux.read(file, pool, chunk)
                .emitOn(other, 16)
                .consume(ReadBenchmark::firstByteOf)
                .reduce(0L, Long::sum)
                .block();
    }

    private static Long sumOf(Flux<DataBuffer> buffers) {
        return buffers.map(buffer -> {
                    long first = buffer.getByte(0);
                    DataBufferUtils.release(buffer);
                    return first;
                })
                .reduce(0L, Long::sum)
                .block();
    }

    @Benchmark
    public Long springRead() {
        return sumOf(DataBufferUtils.read(file, springBuffers, chunk));
    }

    @Benchmark
    public Long springReadOtherThread() {
        return sumOf(DataBufferUtils.read(file, springBuffers, chunk).publishOn(other, 16));
    }

    @Benchmark
    public Long springReadByteChannel() {
        return sumOf(DataBufferUtils.readByteChannel(() -> Files.newByteChannel(file), springBuffers, chunk));
    }

    @Benchmark
    public Long springReadByteChannelOtherThread() {
        return sumOf(DataBufferUtils.readByteChannel(() -> Files.newByteChannel(file), springBuffers, chunk)
                .publishOn(other, 16));
    }

    @Benchmark
    public long okio() throws IOException {
        long sum = 0;
        try (Source source = Okio.source(file);
                Buffer buffer = new Buffer()) {
            while (source.read(buffer, chunk) > 0) {
                sum += buffer.getByte(0);
                buffer.clear();
            }
        }
        return sum;
    }
}
