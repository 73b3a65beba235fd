package dev.sluice.flux;

import dev.sluice.BufferPool;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.reactivestreams.Publisher;
import org.reactivestreams.tck.PublisherVerification;
import org.reactivestreams.tck.TestEnvironment;
import org.testng.Assert;
import org.testng.annotations.AfterClass;
import org.testng.annotations.AfterMethod;
import org.testng.annotations.BeforeClass;

/**
 * The Reactive Streams TCK on a sequence over a file, which has a chunk of one byte for each element. It waits for what
 * must not come, so it is slow.
 *
 * @param <T> the elements
 */
abstract class FileTck<T> extends PublisherVerification<T> {

    private final BufferPool pool = BufferPool.builder().maxBytes(16 << 20).build();
    private Path dir;

    FileTck() {
        super(new TestEnvironment(1000, 100), 1000);
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

    /** So many are never read, only promised: the file has holes. */
    @Override
    public long maxElementsFromPublisher() {
        return Integer.MAX_VALUE;
    }

    /** Makes what is verified of what is read. */
    abstract Publisher<T> over(BufferFlux chunks);

    @Override
    public Publisher<T> createPublisher(long elements) {
        Path file = dir.resolve("elements-" + elements);
        try (RandomAccessFile empty = new RandomAccessFile(file.toFile(), "rw")) {
            empty.setLength(elements);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return over(BufferFlux.read(file, pool, 1));
    }

    @Override
    public Publisher<T> createFailedPublisher() {
        return over(BufferFlux.read(dir.resolve("missing"), pool, 1));
    }
}
