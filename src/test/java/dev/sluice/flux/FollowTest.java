package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;
import reactor.test.util.RaceTestUtils;

/** A file that grows while it is read. */
class FollowTest extends FluxTest {

    private static final Duration POLL = Duration.ofHours(1);

    private final ExecutorService racers = Executors.newFixedThreadPool(2);
    private final Scheduler racing = Schedulers.fromExecutorService(racers); // not in virtual time
    private VirtualTimeScheduler clock;

    @BeforeEach
    void stopTheClock() {
        clock = VirtualTimeScheduler.getOrSet();
    }

    @AfterEach
    void resetTheClock() {
        VirtualTimeScheduler.reset();
        racers.shutdown();
    }

    private HoldingSubscriber follow(Path file, int chunk) {
        return follow(file, chunk, 0);
    }

    private HoldingSubscriber follow(Path file, int chunk, long offset) {
        HoldingSubscriber subscriber = new HoldingSubscriber();
        BufferFlux.read(ByteSources.follow(file, POLL, offset).chunkSize(chunk).on(Schedulers.immediate()), pool)
                .subscribe(subscriber);
        return subscriber;
    }

    private static Path append(Path file, String text) throws IOException {
        return Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private static String next(HoldingSubscriber subscriber) {
        assertThat(subscriber.held).isNotEmpty();
        return text(subscriber.held.remove());
    }

    private Path log(String text) throws IOException {
        return append(dir.resolve("log"), text);
    }

    @Test
    void emitsWhatIsThereAndThenWhatIsAppended() throws IOException {
        Path log = log("one");
        HoldingSubscriber subscriber = follow(log, 100);
        subscriber.requestUnbounded();
        assertThat(next(subscriber)).isEqualTo("one");

        append(log, "two");
        assertThat(subscriber.held).isEmpty();
        clock.advanceTimeBy(POLL.minusNanos(1));
        assertThat(subscriber.held).isEmpty();
        clock.advanceTimeBy(Duration.ofNanos(1));
        assertThat(next(subscriber)).isEqualTo("two");

        clock.advanceTimeBy(POLL.multipliedBy(10));
        assertThat(subscriber.held).isEmpty();
        append(log, "three");
        append(log, "four");
        clock.advanceTimeBy(POLL);
        assertThat(next(subscriber)).isEqualTo("threefour");
        assertThat(subscriber.hasEnded()).isFalse();
        subscriber.cancel();
    }

    @Test
    void fillsChunksWhereThereIsEnough() throws IOException {
        HoldingSubscriber subscriber = follow(log("abcdefgh"), 3);
        subscriber.request(2);
        assertThat(next(subscriber)).isEqualTo("abc");
        assertThat(next(subscriber)).isEqualTo("def");
        assertThat(subscriber.held).isEmpty();
        subscriber.request(1);
        assertThat(next(subscriber)).isEqualTo("gh");
        subscriber.cancel();
    }

    @Test
    void holdsNothingBetweenTwoLooks() throws IOException {
        HoldingSubscriber subscriber = follow(log(""), 100);
        subscriber.requestUnbounded();
        assertThat(pool.stats().totalAcquisitions()).isZero();
        assertThat(pool.stats().demand()).isZero();
        assertThat(pool.stats().pending()).isZero();
        assertThat(openFiles()).hasSize(1);
        subscriber.cancel();
    }

    @Test
    void doesNotLookWhileNothingIsRequested() throws IOException {
        Path log = log("one");
        HoldingSubscriber subscriber = follow(log, 100);
        subscriber.request(1);
        assertThat(next(subscriber)).isEqualTo("one");
        assertThat(clock.getScheduledTaskCount()).isZero();
        append(log, "two");
        clock.advanceTimeBy(POLL.multipliedBy(2));
        assertThat(subscriber.held).isEmpty();
        subscriber.request(1);
        assertThat(next(subscriber)).isEqualTo("two");
        subscriber.cancel();
    }

    @Test
    void cancellingClosesTheFileAtOnce() throws IOException {
        HoldingSubscriber subscriber = follow(log("one"), 100);
        subscriber.requestUnbounded();
        assertThat(next(subscriber)).isEqualTo("one");
        subscriber.cancel();
        assertThat(openFiles()).isEmpty();
        clock.advanceTimeBy(POLL.multipliedBy(2));
    }

    @Test
    void truncationIsAnError() throws IOException {
        Path log = log("0123456789");
        HoldingSubscriber subscriber = follow(log, 100);
        subscriber.requestUnbounded();
        assertThat(next(subscriber)).isEqualTo("0123456789");
        append(log, "abc");
        clock.advanceTimeBy(POLL);
        assertThat(next(subscriber)).isEqualTo("abc");
        try (FileChannel channel = FileChannel.open(log, StandardOpenOption.WRITE)) {
            channel.truncate(5);
        }
        clock.advanceTimeBy(POLL);
        assertThat(subscriber.error)
                .isInstanceOfSatisfying(FileTruncatedException.class, error -> {
                    assertThat(error.sizeAtOpen()).isEqualTo(10);
                    assertThat(error.offset()).isEqualTo(13);
                })
                .hasMessage(log + ": the file is shorter than what was read of it: 13 bytes were, but it ends at 5");
        assertThat(openFiles()).isEmpty();
    }

    @Test
    void beginsAtAnOffset() throws IOException {
        Path log = log("0123456789");
        HoldingSubscriber subscriber = follow(log, 100, 8);
        subscriber.requestUnbounded();
        assertThat(next(subscriber)).isEqualTo("89");
        append(log, "a");
        clock.advanceTimeBy(POLL);
        assertThat(next(subscriber)).isEqualTo("a");
        subscriber.cancel();
    }

    @Test
    void anOffsetBeyondTheEndIsATruncation() throws IOException {
        HoldingSubscriber subscriber = follow(log("0123456789"), 100, 11);
        subscriber.request(1);
        assertThat(subscriber.error).isInstanceOf(FileTruncatedException.class).hasMessageContaining("11");
    }

    @Test
    void beginsAtTheEnd() throws IOException {
        Path log = log("0123456789");
        HoldingSubscriber subscriber = new HoldingSubscriber();
        BufferFlux.read(ByteSources.followFromEnd(log, POLL).chunkSize(100).on(Schedulers.immediate()), pool)
                .subscribe(subscriber);
        append(log, "a"); // after it was opened
        subscriber.requestUnbounded();
        assertThat(next(subscriber)).isEqualTo("a");
        append(log, "b");
        clock.advanceTimeBy(POLL);
        assertThat(next(subscriber)).isEqualTo("b");
        subscriber.cancel();
    }

    @Test
    void followsTheFileAndNotThePath() throws IOException {
        Path log = log("old");
        HoldingSubscriber subscriber = follow(log, 100);
        subscriber.requestUnbounded();
        assertThat(next(subscriber)).isEqualTo("old");
        Path moved = Files.move(log, dir.resolve("log.1"));
        BufferFlux.from(buffers("new content"))
                .writeTo(ByteSinks.file(log).on(Schedulers.immediate()))
                .subscribe();
        assertThat(log).hasContent("new content");
        append(moved, " and more");
        clock.advanceTimeBy(POLL);
        assertThat(next(subscriber)).isEqualTo(" and more");
        Files.delete(moved);
        clock.advanceTimeBy(POLL);
        assertThat(subscriber.hasEnded()).isFalse();
        subscriber.cancel();
    }

    @Test
    void aMissingFileIsAnError() {
        HoldingSubscriber subscriber = follow(dir.resolve("missing"), 100);
        assertThat(subscriber.error).isInstanceOf(NoSuchFileException.class);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE})
    void thePollIntervalIsAboveZero(long nanos) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BufferFlux.read(
                        ByteSources.follow(dir, Duration.ofNanos(nanos)).chunkSize(10), pool))
                .withMessageContaining("poll");
    }

    @Test
    void theLongestPollIntervalWillDo() throws IOException {
        HoldingSubscriber subscriber = new HoldingSubscriber();
        BufferFlux.read(
                        ByteSources.followFromEnd(log("x"), Duration.ofSeconds(Long.MAX_VALUE))
                                .chunkSize(10)
                                .on(Schedulers.immediate()),
                        pool)
                .subscribe(subscriber);
        subscriber.request(1);
        subscriber.cancel();
        assertThat(openFiles()).isEmpty();
    }

    @Test
    void anOffsetIsNotNegative() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BufferFlux.read(
                        ByteSources.follow(dir, POLL, -1).chunkSize(10).on(Schedulers.immediate()), pool))
                .withMessageContaining("-1");
    }

    @Test
    void waitsForMemoryAfterItHasFoundSomething() throws IOException {
        try (BufferPool one = BufferPool.withMaxBuffers(1)) {
            Path log = log("");
            HoldingSubscriber subscriber = new HoldingSubscriber();
            BufferFlux.read(ByteSources.follow(log, POLL).chunkSize(100).on(Schedulers.immediate()), one)
                    .subscribe(subscriber);
            subscriber.requestUnbounded();
            PooledBuffer taken = one.acquire(100);
            append(log, "one");
            clock.advanceTimeBy(POLL);
            assertThat(one.stats().pending()).isEqualTo(1);
            taken.release();
            assertThat(next(subscriber)).isEqualTo("one");
            subscriber.cancel();
            assertThat(one.stats().buffersInUse()).isZero();
        }
    }

    @Test
    void cancelAgainstTheEndOfAPause() throws IOException {
        Path log = log("one");
        for (int round = 0; round < 500; round++) {
            HoldingSubscriber subscriber = follow(log, 100);
            subscriber.requestUnbounded();
            assertThat(next(subscriber)).isEqualTo("one");
            RaceTestUtils.race(racing, () -> clock.advanceTimeBy(POLL), subscriber::cancel);
            eventually(() -> openFiles().isEmpty());
            assertThat(subscriber.hasEnded()).isFalse();
        }
    }

    @Test
    void cancelAgainstTheBeginningOfAPause() throws IOException {
        Path log = log("one");
        for (int round = 0; round < 500; round++) {
            HoldingSubscriber subscriber = follow(log, 100);
            RaceTestUtils.race(racing, () -> subscriber.request(2), subscriber::cancel);
            eventually(() -> openFiles().isEmpty());
            subscriber.releaseAll();
            assertThat(subscriber.hasEnded()).isFalse();
        }
    }
}
