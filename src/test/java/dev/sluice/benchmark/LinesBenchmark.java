package dev.sluice.benchmark;

import dev.sluice.BufferPool;
import dev.sluice.flux.BufferFlux;
import io.netty.buffer.PooledByteBufAllocator;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import okio.BufferedSource;
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
import org.springframework.core.ResolvableType;
import org.springframework.core.codec.StringDecoder;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import org.springframework.util.MimeTypeUtils;

/** The lines of a text of 256 MiB as strings; their lengths are added up. */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 4)
@Measurement(iterations = 5)
@Fork(2)
@State(Scope.Benchmark)
public class LinesBenchmark {

    private static final int CHUNK = 64 << 10;
    private static final int LONGEST = 64 << 10;

    private final NettyDataBufferFactory springBuffers = new NettyDataBufferFactory(PooledByteBufAllocator.DEFAULT);
    private final StringDecoder springDecoder = StringDecoder.textPlainOnly();
    private BufferPool pool;
    private Path file;

    @Setup
    public void setUp() {
        file = BigFile.text();
        pool = BufferPool.builder().maxBytes(32 << 20).build();
    }

    @TearDown
    public void tearDown() {
        pool.close();
    }

    @Benchmark
    public long bufferedReader() throws IOException {
        long sum = 0;
        try (BufferedReader reader = Files.newBufferedReader(file)) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                sum += line.length();
            }
        }
        return sum;
    }

    @Benchmark
    public Long sluice() {
        return BufferFlux.read(file, pool, CHUNK)
                .lines(StandardCharsets.UTF_8, LONGEST)
                .reduce(0L, (sum, line) -> sum + line.length())
                .block();
    }

    /** The same lines, looked at without making strings. */
    @Benchmark
    public Long sluiceSplit() {
        return BufferFlux.read(file, pool, CHUNK)
                .split(new byte[] {'\n'}, LONGEST)
                .consume(line -> (long) line.length())
                .reduce(0L, Long::sum)
                .block();
    }

    @Benchmark
    public Long spring() {
        return springDecoder
                .decode(
                        DataBufferUtils.readByteChannel(() -> Files.newByteChannel(file), springBuffers, CHUNK),
                        ResolvableType.forClass(String.class),
                        MimeTypeUtils.TEXT_PLAIN,
                        Map.of())
                .reduce(0L, (sum, line) -> sum + line.length())
                .block();
    }

    @Benchmark
    public long okio() throws IOException {
        long sum = 0;
        try (BufferedSource source = Okio.buffer(Okio.source(file))) {
            for (String line = source.readUtf8Line(); line != null; line = source.readUtf8Line()) {
                sum += line.length();
            }
        }
        return sum;
    }
}
