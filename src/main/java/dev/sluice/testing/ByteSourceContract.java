package dev.sluice.testing;

import static dev.sluice.testing.Messages.message;

import dev.sluice.BufferPool;
import dev.sluice.PoolClosedException;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.ByteSource;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * What a {@link ByteSource} promises, as tests of JUnit 5: extend it, and the tests run over your source.
 *
 * <pre>{@code
 *   class BlobSourceTest extends ByteSourceContract {
 *       @Override
 *       protected ByteSource.Opener source(byte[] content) throws Exception {
 *           long id = insert(content);
 *           return answered -> new BlobSource(connections, id);
 *       }
 *   }
 * }</pre>
 *
 * <p>Every test ends on nothing in flight and on each source closed exactly once.
 */
public abstract class ByteSourceContract {

    private static final int CONTENT_BYTES = 20_000;

    private final BufferPool pool =
            BufferPool.builder().name("contract").maxBytes(16 << 20).build();
    private final List<ContractSource.Watch> watches = new ArrayList<>();

    /** Made by the class that extends this. */
    protected ByteSourceContract() {}

    /**
     * Makes a source of some content.
     *
     * @param content what the source gives, at each opening; perhaps nothing
     * @return opens the source
     * @throws Exception if the content cannot be put where the source finds it
     */
    protected abstract ByteSource.Opener source(byte[] content) throws Exception;

    /**
     * Makes a source that gives some content and then fails. By default there is none, and the tests that need it are
     * skipped.
     *
     * @param content what the source gives before it fails; not empty
     * @return opens the source; null if sources of this kind cannot be made to fail
     * @throws Exception if the content cannot be put where the source finds it
     */
    protected ByteSource.@Nullable Opener failing(byte[] content) throws Exception {
        return null;
    }

    /**
     * How long a test waits for what should happen soon.
     *
     * @return the time; 10 seconds by default
     */
    protected Duration limit() {
        return Duration.ofSeconds(10);
    }

    /**
     * Where the source is opened and read.
     *
     * @return the scheduler; {@link Schedulers#boundedElastic()} by default
     */
    protected Scheduler scheduler() {
        return Schedulers.boundedElastic();
    }

    @AfterEach
    void nothingIsInFlightAndEverySourceIsClosed() {
        for (ContractSource.Watch watch : watches) {
            ContractSubscriber.await(limit(), watch::areAllClosed, "a source is not closed: " + watch);
            watch.verify();
        }
        PoolVerifier.that(pool).isAtRest(limit());
        pool.close();
    }

    @Test
    void givesTheContentInWhateverChunks() throws Exception {
        byte[] content = content(CONTENT_BYTES);
        for (int chunk : new int[] {1, 7, 1000, 4096, CONTENT_BYTES, 3 * CONTENT_BYTES}) {
            ContractSubscriber<PooledBuffer> subscriber = subscribe(source(content), pool, chunk);
            subscriber.requestUnbounded();
            verify(content, subscriber.awaitCompletion().bytes());
        }
    }

    @Test
    void givesTheContentWhateverIsRequestedAtOnce() throws Exception {
        Random random = new Random(7);
        for (int round = 0; round < 20; round++) {
            byte[] content = content(random.nextInt(CONTENT_BYTES));
            ContractSubscriber<PooledBuffer> subscriber = subscribe(source(content), pool, 1 + random.nextInt(2000));
            for (int wanted = 0; subscriber.received() == wanted && !subscriber.isDisposed(); ) {
                int more = 1 + random.nextInt(20);
                wanted += more;
                subscriber.request(more);
                subscriber.awaitReceived(wanted);
            }
            verify(content, subscriber.awaitCompletion().bytes());
        }
    }

    @Test
    void givesTheSameToHeapMemory() throws Exception {
        byte[] content = content(CONTENT_BYTES);
        try (BufferPool heap =
                BufferPool.builder().maxBytes(16 << 20).direct(false).build()) {
            ContractSubscriber<PooledBuffer> subscriber = subscribe(source(content), heap, 777);
            subscriber.requestUnbounded();
            verify(content, subscriber.awaitCompletion().bytes());
            PoolVerifier.that(heap).isAtRest(limit());
        }
    }

    @Test
    void nothingIsAnEmptySequence() throws Exception {
        ContractSubscriber<PooledBuffer> subscriber = subscribe(source(new byte[0]), pool, 100);
        subscriber.requestUnbounded();
        verify(new byte[0], subscriber.awaitCompletion().bytes());
    }

    @Test
    void everySubscriptionBeginsAnew() throws Exception {
        byte[] content = content(3000);
        ContractSource.Watch source = watched(source(content));
        for (int i = 1; i <= 3; i++) {
            ContractSubscriber<PooledBuffer> subscriber = new ContractSubscriber<>(limit());
            BufferFlux.read(source.chunkSize(500).on(scheduler()), pool).subscribe(subscriber);
            subscriber.requestUnbounded();
            verify(content, subscriber.awaitCompletion().bytes());
            check(source.opened() == i, message("%,d subscriptions, %s", i, source));
        }
    }

    @Test
    void noMoreIsOutThanWasRequested() throws Exception {
        byte[] content = content(10_000);
        ContractSubscriber<PooledBuffer> subscriber = subscribe(source(content), pool, 1000);
        check(pool.stats().totalAcquisitions() == 0, "memory was taken before a request");
        for (int requested = 1; requested <= 4; requested++) {
            subscriber.request(1);
            subscriber.awaitReceived(requested);
            check(subscriber.received() == requested, message("%,d were requested", requested));
        }
        subscriber.cancel();
    }

    @Test
    void cancelledAtAnyTime() throws Exception {
        for (int after = 0; after < 6; after++) {
            ContractSubscriber<PooledBuffer> subscriber = subscribe(source(content(5000)), pool, 1000);
            subscriber.request(after == 0 ? 1 : after);
            subscriber.awaitReceived(after);
            subscriber.cancel();
            PoolVerifier.that(pool).isAtRest(limit());
        }
        subscribe(source(content(5000)), pool, 1000).cancel();
    }

    @Test
    void waitsForMemoryAndGivesTheContentThen() throws Exception {
        byte[] content = content(5000);
        try (BufferPool one = BufferPool.builder().maxBytes(1024).build()) {
            List<ContractSubscriber<PooledBuffer>> all = new ArrayList<>();
            PooledBuffer taken = one.acquire(1024);
            for (int i = 0; i < 10; i++) {
                all.add(subscribe(source(content), one, 1024));
                all.get(i).requestUnbounded();
            }
            taken.release();
            for (ContractSubscriber<PooledBuffer> each : all) {
                verify(content, each.awaitCompletion().bytes());
            }
            PoolVerifier.that(one).isAtRest(limit());
        }
    }

    @Test
    void cancelledWhileItWaitsForMemory() throws Exception {
        try (BufferPool one = BufferPool.builder().maxBytes(1024).build()) {
            PooledBuffer taken = one.acquire(1024);
            ContractSubscriber<PooledBuffer> subscriber = subscribe(source(content(5000)), one, 1024);
            subscriber.request(1);
            PoolVerifier.that(one).within(limit()).hasPending(1);
            subscriber.cancel();
            PoolVerifier.that(one).within(limit()).hasPending(0);
            taken.release();
            PoolVerifier.that(one).isAtRest(limit());
        }
    }

    @Test
    void aClosedPoolIsAnError() throws Exception {
        BufferPool closed = BufferPool.builder().build();
        closed.close();
        ContractSubscriber<PooledBuffer> subscriber = subscribe(source(content(100)), closed, 100);
        subscriber.request(1);
        Throwable error = subscriber.awaitError();
        check(error instanceof PoolClosedException, "not the pool's error: " + error);
    }

    @Test
    void aFailureComesAfterTheBytesBeforeIt() throws Exception {
        byte[] content = content(3000);
        ByteSource.Opener failing = failing(content);
        Assumptions.assumeTrue(failing != null, "no source that fails");
        if (failing != null) {
            ContractSubscriber<PooledBuffer> subscriber = subscribe(failing, pool, 500);
            subscriber.requestUnbounded();
            Throwable error = subscriber.awaitError();
            check(error instanceof IOException || error instanceof RuntimeException, "unexpected: " + error);
            byte[] before = subscriber.bytes();
            verify(Arrays.copyOf(content, before.length), before);
        }
    }

    private ContractSubscriber<PooledBuffer> subscribe(ByteSource.Opener source, BufferPool from, int chunk) {
        ContractSubscriber<PooledBuffer> subscriber = new ContractSubscriber<>(limit());
        BufferFlux.read(watched(source).chunkSize(chunk).on(scheduler()), from).subscribe(subscriber);
        return subscriber;
    }

    private ContractSource.Watch watched(ByteSource.Opener source) {
        ContractSource.Watch watch = new ContractSource.Watch(source);
        watches.add(watch);
        return watch;
    }

    static byte[] content(int length) {
        byte[] content = new byte[length];
        new Random(length).nextBytes(content);
        return content;
    }

    static void verify(byte[] expected, byte[] given) {
        int at = Arrays.mismatch(expected, given);
        check(at < 0, message("%,d bytes came, of %,d; the first wrong is at %,d", given.length, expected.length, at));
    }

    static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
