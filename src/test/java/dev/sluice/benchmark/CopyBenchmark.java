package dev.sluice.benchmark;

import dev.sluice.BufferPool;
import dev.sluice.flux.BufferFlux;
import io.netty.buffer.PooledByteBufAllocator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;
import okio.BufferedSink;
import okio.Okio;
import okio.Source;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.NettyDataBufferFactory;

/** Copies a file of 256 MiB from the page cache; the copy is removed between the rounds. */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 4)
@Measurement(iterations = 7)
@Fork(2)
@State(Scope.Benchmark)
public class CopyBenchmark {

    private static final int CHUNK = 64 << 10;

    private final NettyDataBufferFactory springBuffers = new NettyDataBufferFactory(PooledByteBufAllocator.DEFAULT);
    private BufferPool pool;
    private Path file;
    private Path copy;

    @Setup
    public void setUp() {
        file = BigFile.text();
        copy = file.resolveSibling("copy");
        pool = BufferPool.builder().maxBytes(32 << 20).build();
    }

    @Setup(Level.Invocation)
    public void removeCopy() throws IOException {
        Files.deleteIfExists(copy);
    }

    @TearDown
    public void tearDown() throws IOException {
        removeCopy();
        pool.close();
    }

    @Benchmark
    public Path filesCopy() throws IOException {
        return Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
    }

    @Benchmark
    public Long sluice() {
        return BufferFlux.read(file, pool, CHUNK).writeTo(copy).block();
    }

    @Benchmark
    public Path spring() {
        DataBufferUtils.write(
                        DataBufferUtils.read(file, springBuffers, CHUNK),
                        copy,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE)
                .block();
        return copy;
    }

    @Benchmark
    public long okio() throws IOException {
        try (Source source = Okio.source(file);
                BufferedSink sink = Okio.buffer(Okio.sink(copy))) {
            return sink.writeAll(source);
        }
    }
}
