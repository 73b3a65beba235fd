package dev.sluice.benchmark;

import dev.sluice.BufferPool;
import dev.sluice.flux.BufferFlux;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.compression.JdkZlibDecoder;
import io.netty.handler.codec.compression.ZlibWrapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import okio.Buffer;
import okio.GzipSource;
import okio.Okio;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Decompresses a text of 256 MiB from a gzip file in the page cache and counts its bytes. */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2)
@Measurement(iterations = 4)
@Fork(2)
@State(Scope.Benchmark)
public class GunzipBenchmark {

    private static final int CHUNK = 64 << 10;

    private BufferPool pool;
    private Path file;

    @Setup
    public void setUp() {
        file = BigFile.gzip();
        pool = BufferPool.builder().maxBytes(32 << 20).build();
    }

    @TearDown
    public void tearDown() {
        pool.close();
    }

    @Benchmark
    public long gzipInputStream() throws IOException {
        long sum = 0;
        byte[] bytes = new byte[CHUNK];
        try (InputStream in = new GZIPInputStream(Files.newInputStream(file), CHUNK)) {
            for (int read = in.read(bytes); read >= 0; read = in.read(bytes)) {
                sum += read;
            }
        }
        return sum;
    }

    @Benchmark
    public Long sluice() {
        return BufferFlux.read(file, pool, CHUNK)
                .gunzip()
                .consume(buffer -> (long) buffer.length())
                .reduce(0L, Long::sum)
                .block();
    }

    @Benchmark
    public long okio() throws IOException {
        long sum = 0;
        try (GzipSource source = new GzipSource(Okio.source(file));
                Buffer buffer = new Buffer()) {
            for (long read = source.read(buffer, CHUNK); read >= 0; read = source.read(buffer, CHUNK)) {
                sum += read;
                buffer.clear();
            }
        }
        return sum;
    }

    @Benchmark
    public long netty() throws IOException {
        long sum = 0;
        EmbeddedChannel decoder = new EmbeddedChannel(new JdkZlibDecoder(ZlibWrapper.GZIP, 0));
        try (FileChannel channel = FileChannel.open(file)) {
            while (true) {
                ByteBuf in = PooledByteBufAllocator.DEFAULT.directBuffer(CHUNK, CHUNK);
                if (in.writeBytes(channel, CHUNK) <= 0) {
                    in.release();
                    break;
                }
                decoder.writeInbound(in);
                for (ByteBuf out = decoder.readInbound(); out != null; out = decoder.readInbound()) {
                    sum += out.readableBytes();
                    out.release();
                }
            }
        } finally {
            decoder.finishAndReleaseAll();
        }
        return sum;
    }
}
