package dev.sluice.flux;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.reactivestreams.Publisher;
import org.reactivestreams.tck.PublisherVerification;
import org.reactivestreams.tck.TestEnvironment;
import org.testng.Assert;
import org.testng.annotations.AfterClass;
import org.testng.annotations.AfterMethod;
import org.testng.annotations.BeforeClass;

/** The Reactive Streams TCK on a source, which has a chunk of one byte for each element. */
abstract class SourceTck extends PublisherVerification<PooledBuffer> {

    /** More than any test of the TCK takes; more is only promised. */
    private static final int MOST_BYTES = 5000;

    private final BufferPool pool = BufferPool.builder().maxBytes(16 << 20).build();
    private final AnySource source;
    private Path dir;

    SourceTck(AnySource source) {
        super(new TestEnvironment(300, 50), 300);
        this.source = source;
    }

    @BeforeClass
    public void makeDirectory() throws IOException {
        dir = Files.createTempDirectory("tck");
    }

    @AfterMethod
    public void nothingInFlight() {
        FluxTest.eventually(() -> pool.stats().buffersInUse() == 0, pool::stats);
        FluxTest.eventually(() -> pool.stats().demand() == 0, pool::stats);
    }

    @AfterClass
    public void deleteDirectory() throws IOException {
        try (var files = Files.list(dir)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(dir);
        pool.close();
        Assert.assertEquals(pool.stats().allocatedBytes(), 0);
    }

    @Override
    public long maxElementsFromPublisher() {
        return Integer.MAX_VALUE;
    }

    @Override
    public Publisher<PooledBuffer> createPublisher(long elements) {
        byte[] content = new byte[(int) Math.min(elements, MOST_BYTES)];
        return ReadTckTest.releasing(source.over(content, dir, pool, 1));
    }

    /** None for a source that has nothing to open: it can only fail for want of memory, once something is requested. */
    @Override
    public Publisher<PooledBuffer> createFailedPublisher() {
        BufferFlux failing = source.failing(dir, pool);
        return failing == null ? null : ReadTckTest.releasing(failing);
    }
}
