package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferReleasedException;
import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.CopyOption;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Scannable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

/** What arrives in the file, and what is requested of the source. */
class WriteToTest extends FluxTest {

    @ParameterizedTest
    @CsvSource({"0, 10", "1, 10", "10, 10", "1000, 7", "100000, 1000", "300000, 65536"})
    void writesWhatTheSourceEmits(int size, int chunk) throws IOException {
        Path target = dir.resolve("target");
        StepVerifier.create(BufferFlux.read(file(size), pool, chunk).writeTo(target))
                .expectNext((long) size)
                .verifyComplete();
        assertThat(target).hasBinaryContent(content(size));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void writesBuffersOfAllLengthsOnByOneOrTogether(boolean together) throws IOException {
        Path real = dir.resolve("target");
        Path target = together ? real : FaultyFiles.at(real, new FaultyFiles.Fault() {});
        StepVerifier.create(BufferFlux.from(buffers("a", "", "bcd", "", "", "e", ""))
                        .writeTo(target))
                .expectNext(5L)
                .verifyComplete();
        assertThat(real).hasContent("abcde");
    }

    @Test
    void writesTheContentWhereverThePositionIs() {
        Path target = dir.resolve("target");
        BufferFlux moved = BufferFlux.from(
                buffers("abc").doOnNext(buffer -> buffer.byteBuffer().position(2)));
        assertThat(moved.writeTo(target).block(LIMIT)).isEqualTo(3);
        assertThat(target).hasContent("abc");
    }

    @Test
    void shortWritesAreGoneOnWith() throws IOException {
        Path real = dir.resolve("target");
        Path target = FaultyFiles.at(real, new FaultyFiles.Fault() {
            @Override
            public int write(SeekableByteChannel channel, ByteBuffer source) throws IOException {
                ByteBuffer part = source.duplicate().limit(Math.min(source.limit(), source.position() + 3));
                int written = channel.write(part);
                source.position(part.position());
                return written;
            }
        });
        assertThat(BufferFlux.read(file(1000), pool, 100).writeTo(target).block(LIMIT))
                .isEqualTo(1000);
        assertThat(real).hasBinaryContent(content(1000));
    }

    @Test
    void replacesAFile() throws IOException {
        Path target = file(50);
        BufferFlux.from(buffers("new")).writeTo(target).block(LIMIT);
        assertThat(target).hasContent("new");
    }

    @Test
    void mayWriteOverItsOwnSource() throws IOException {
        Path file = file(200_000);
        BufferFlux.read(file, pool, 1000).writeTo(file).block(LIMIT);
        assertThat(file).hasBinaryContent(content(200_000));
    }

    @Test
    void everySubscriptionWritesAnew() throws IOException {
        Path target = dir.resolve("target");
        Mono<Long> write = BufferFlux.from(buffers("ab")).writeTo(target);
        assertThat(write.block(LIMIT)).isEqualTo(2);
        Files.delete(target);
        assertThat(write.block(LIMIT)).isEqualTo(2);
        assertThat(target).hasContent("ab");
    }

    @Test
    void acceptsAPathWithoutAParent() throws IOException {
        Path target = Path.of("sluice-write-to-test.tmp");
        try {
            BufferFlux.from(buffers("ab")).writeTo(target).block(LIMIT);
            assertThat(target).hasContent("ab");
        } finally {
            Files.deleteIfExists(target);
        }
    }

    @Test
    void movesWhereTheFileSystemCannotMoveAtomically() {
        List<Set<CopyOption>> moves = new ArrayList<>();
        Path real = dir.resolve("target");
        Path target = FaultyFiles.at(real, new FaultyFiles.Fault() {
            @Override
            public void move(Path from, Path to, Set<CopyOption> options) throws IOException {
                moves.add(options);
                if (options.contains(StandardCopyOption.ATOMIC_MOVE)) {
                    throw new AtomicMoveNotSupportedException(from.toString(), to.toString(), "cannot");
                }
            }
        });
        BufferFlux.from(buffers("ab")).writeTo(target).block(LIMIT);
        assertThat(real).hasContent("ab");
        assertThat(moves)
                .containsExactly(Set.of(StandardCopyOption.ATOMIC_MOVE), Set.of(StandardCopyOption.REPLACE_EXISTING));
    }

    @Test
    void doesNothingBeforeTheResultIsRequested() throws IOException {
        RudeSource source = new RudeSource();
        BaseSubscriber<Long> subscriber = unrequesting();
        BufferFlux.from(source)
                .writeTo(ByteSinks.file(dir.resolve("target")).on(Schedulers.immediate()))
                .subscribe(subscriber);
        assertThat(source.requested).hasValue(0);
        assertThat(openFiles()).isEmpty();

        subscriber.request(1);
        assertThat(source.requested).hasValue(16);
        assertThat(openFiles()).hasSize(1);
        subscriber.cancel();
        assertThat(openFiles()).isEmpty();
    }

    @Test
    void anEmptySourceMayCompleteBeforeTheRequest() {
        Path target = dir.resolve("target");
        StepVerifier.create(BufferFlux.from(Flux.<PooledBuffer>empty()).writeTo(target), 0)
                .expectSubscription()
                .then(() -> assertThat(target).doesNotExist())
                .thenRequest(1)
                .expectNext(0L)
                .verifyComplete();
        assertThat(target).isEmptyFile();
    }

    @Test
    void requestsAFewBuffersAndThenAsManyAsItHasWritten() {
        RudeSource source = new RudeSource();
        BufferFlux.from(source)
                .writeTo(ByteSinks.file(dir.resolve("target")).on(Schedulers.immediate()))
                .subscribe();
        for (int i = 0; i < 100; i++) {
            source.subscriber.onNext(buffer("x"));
            assertThat(source.requested.get() - (i + 1)).isBetween(8L, 16L);
        }
        source.subscriber.onComplete();
        assertThat(dir.resolve("target")).hasSize(100);
    }

    @Test
    void holdsAFewBuffersAtMost() throws IOException {
        Semaphore writes = new Semaphore(0);
        ConcurrentLinkedQueue<Long> held = new ConcurrentLinkedQueue<>();
        Path target = FaultyFiles.at(dir.resolve("target"), new FaultyFiles.Fault() {
            @Override
            public int write(SeekableByteChannel channel, ByteBuffer source) throws IOException {
                writes.acquireUninterruptibly();
                held.add(pool.stats().buffersInUse());
                return channel.write(source);
            }
        });
        Mono<Long> write = BufferFlux.read(file(40 * 65536), pool).writeTo(target);
        StepVerifier.create(write)
                .then(() -> eventually(() -> pool.stats().buffersInUse() == 16))
                .then(() -> writes.release(40))
                .expectNext(40L * 65536)
                .verifyComplete();
        assertThat(held).hasSize(40).allMatch(buffers -> buffers <= 16);
    }

    @Test
    void writesOnTheGivenScheduler() {
        Scheduler scheduler = Schedulers.newSingle("writer");
        ConcurrentLinkedQueue<String> threads = new ConcurrentLinkedQueue<>();
        Path target = FaultyFiles.at(dir.resolve("target"), new FaultyFiles.Fault() {
            @Override
            public void open(Path path, Set<? extends OpenOption> options) {
                threads.add(Thread.currentThread().getName());
            }

            @Override
            public int write(SeekableByteChannel channel, ByteBuffer source) throws IOException {
                threads.add(Thread.currentThread().getName());
                return channel.write(source);
            }

            @Override
            public void move(Path from, Path to, Set<CopyOption> options) {
                threads.add(Thread.currentThread().getName());
            }
        });
        BufferFlux.from(buffers("a", "b").publishOn(Schedulers.parallel()))
                .writeTo(ByteSinks.file(target).on(scheduler))
                .block(LIMIT);
        scheduler.dispose();
        assertThat(threads).hasSizeGreaterThanOrEqualTo(3).allMatch(name -> name.startsWith("writer"));
    }

    @Test
    void aReleasedBufferIsAnError() {
        StepVerifier.create(BufferFlux.from(buffers("a", "b").doOnNext(PooledBuffer::release))
                        .writeTo(dir.resolve("target")))
                .verifyError(BufferReleasedException.class);
        assertThat(dir.resolve("target")).doesNotExist();
    }

    @Test
    void whatComesTooMuchIsAnError() {
        CountDownLatch go = new CountDownLatch(1);
        RudeSource source = new RudeSource();
        Path target = FaultyFiles.at(dir.resolve("target"), new FaultyFiles.Fault() {
            @Override
            public void open(Path path, Set<? extends OpenOption> options) throws IOException {
                try {
                    go.await();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            }
        });
        StepVerifier.create(BufferFlux.from(source).writeTo(target))
                .then(() -> {
                    for (int i = 0; i < 17; i++) {
                        source.subscriber.onNext(buffer("x"));
                    }
                    go.countDown();
                })
                .verifyErrorMatches(reactor.core.Exceptions::isOverflow);
        assertThat(source.cancelled).isTrue();
    }

    @Test
    void whatComesAfterTheEndIsReleased() {
        RudeSource source = new RudeSource();
        StepVerifier.create(BufferFlux.from(source)
                        .writeTo(ByteSinks.file(dir.resolve("target")).on(Schedulers.immediate())))
                .then(() -> {
                    source.subscriber.onNext(buffer("1"));
                    source.subscriber.onComplete();
                    source.subscriber.onNext(buffer("2"));
                    source.subscriber.onComplete();
                    source.subscriber.onError(new IOException("late"));
                })
                .expectNext(1L)
                .expectComplete()
                .verifyThenAssertThat()
                .hasDroppedErrorWithMessage("late");
        assertThat(dir.resolve("target")).hasContent("1");
    }

    @Test
    void theEndNeverOvertakesTheLastBuffer() throws IOException {
        Path target = dir.resolve("target");
        for (int round = 0; round < 500; round++) {
            RudeSource source = new RudeSource();
            CompletableFuture<Long> written =
                    BufferFlux.from(source).writeTo(target).toFuture();
            eventually(() -> source.requested.get() > 0);
            source.subscriber.onNext(buffer("1"));
            for (int spin = 0; spin < round % 100; spin++) {
                Thread.onSpinWait();
            }
            source.subscriber.onNext(buffer("2"));
            source.subscriber.onComplete();
            assertThat(written.join()).isEqualTo(2);
        }
    }

    @Test
    void canBeScanned() {
        Mono<Long> write = BufferFlux.from(buffers("1"))
                .writeTo(ByteSinks.file(dir.resolve("target")).on(Schedulers.immediate()));
        assertThat(Scannable.from(write).scan(Scannable.Attr.PREFETCH)).isEqualTo(16);
        assertThat(Scannable.from(write).scan(Scannable.Attr.RUN_STYLE)).isEqualTo(Scannable.Attr.RunStyle.ASYNC);
        write.doOnSubscribe(s -> {
                    Scannable writer = Scannable.from(s);
                    assertThat(writer.scan(Scannable.Attr.PARENT)).isNotNull();
                    assertThat(writer.scan(Scannable.Attr.ACTUAL)).isNotNull();
                    assertThat(writer.scan(Scannable.Attr.BUFFERED)).isZero();
                    assertThat(writer.scan(Scannable.Attr.TERMINATED)).isFalse();
                    assertThat(writer.scan(Scannable.Attr.CANCELLED)).isFalse();
                })
                .block(LIMIT);
    }

    static BaseSubscriber<Long> unrequesting() {
        return new BaseSubscriber<>() {
            @Override
            protected void hookOnSubscribe(org.reactivestreams.Subscription subscription) {}
        };
    }
}
