package dev.sluice.flux;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.io.OutputStream;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.reactivestreams.Publisher;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** The table of what {@link FluxRaceTest} races. A new source or operator is one line here. */
final class Raced {

    private Raced() {}

    /** What makes buffers of a file of {@link #FILE_BYTES} bytes. */
    static final List<Source> SOURCES = Stream.concat(
                    Stream.of(AnySource.values())
                            .filter(any -> any != AnySource.FILE)
                            .map(any -> source(
                                    any.name(), (file, round) -> any.over(round.content(), round.dir, round.pool, 64))),
                    Stream.of(
                            source("read", (file, round) -> BufferFlux.read(file, round.pool, 1000)),
                            source("read in slices", (file, round) -> BufferFlux.read(file, round.pool, 16)),
                            source(
                                    "read at once",
                                    (file, round) -> BufferFlux.read(
                                            ByteSources.file(file)
                                                    .chunkSize(100)
                                                    .on(Schedulers.immediate()),
                                            round.pool)),
                            source(
                                    "concatBuffers",
                                    (file, round) -> BufferFlux.concatBuffers(List.of(
                                            BufferFlux.read(file, round.pool, 100),
                                            BufferFlux.read(file, round.pool, 64)))),
                            source(
                                    "mergeBuffers",
                                    (file, round) -> BufferFlux.mergeBuffers(
                                            List.of(
                                                    BufferFlux.read(file, round.pool, 100),
                                                    BufferFlux.read(file, round.pool, 64),
                                                    BufferFlux.read(file, round.pool, 16)),
                                            2)),
                            source(
                                    "cacheBytes",
                                    (file, round) -> round.ending(BufferFlux.read(file, round.pool, 16)
                                            .cacheBytes(1 << 20))),
                            source(
                                    "acquire",
                                    (file, round) -> BufferFlux.from(Flux.from(BufferMono.acquire(round.pool, 64))
                                            .doOnNext(buffer -> fill(buffer, round.stamp))))))
            .toList();

    static final int FILE_BYTES = 300;

    /** What is done to buffers that are full of one stamp. */
    static final List<Operator> OPERATORS = List.of(
            operator("from", (flux, round) -> BufferFlux.from(flux.hide())),
            operator("emitOn", (flux, round) -> flux.emitOn(Schedulers.parallel(), 2)),
            operator("emitOn at once", (flux, round) -> flux.emitOn(Schedulers.immediate(), 2)),
            operator("consume", (flux, round) -> flux.consume(round::verified)),
            operator("consumeMany", (flux, round) -> flux.consumeMany(b -> Flux.just(round.verified(b), 1), 2)),
            operator("consumeMany that never ends", (flux, round) -> flux.consumeMany(buffer -> Mono.never(), 4)),
            operator(
                    "consumeManyOrdered",
                    (flux, round) -> flux.consumeManyOrdered(b -> Flux.just(round.verified(b), 1), 2)),
            operator(
                    "consumeManyOrdered on a scheduler",
                    (flux, round) -> flux.consumeManyOrdered(
                            buffer -> Flux.just(1, 2, 3).subscribeOn(Schedulers.parallel()), 2)),
            operator(
                    "consumeManyOrdered that never ends",
                    (flux, round) -> flux.consumeManyOrdered(buffer -> Mono.never(), 4)),
            operator(
                    "consumeParallel",
                    (flux, round) -> flux.consumeParallel(round::verified, 2, Schedulers.parallel())),
            operator(
                    "consumeParallelOrdered",
                    (flux, round) -> flux.consumeParallelOrdered(round::verified, 2, Schedulers.parallel())),
            operator("toByteBuffers, copied", (flux, round) -> flux.toByteBuffers(Handover.COPIED)),
            operator("toByteBuffers, until the end", (flux, round) -> flux.toByteBuffers(Handover.untilEnd(200))),
            operator("toByteBuffers, on the heap", (flux, round) -> flux.toByteBuffers(Handover.ON_HEAP)),
            operator("writeTo", (flux, round) -> flux.writeTo(round.dir.resolve("raced"))),
            operator("inFlight", (flux, round) -> flux.inFlight(2)),
            operator("inFlightUnlessCollected", (flux, round) -> flux.inFlightUnlessCollected(2)),
            operator("orTimeout", (flux, round) -> flux.orTimeout(Duration.ofMinutes(1))),
            operator("orTimeout that is over", (flux, round) -> flux.orTimeout(Duration.ofNanos(20_000))),
            operator("tee of one", (flux, round) -> flux.tee(1, TeePolicy.SLOWEST)),
            operator("tee to the slowest", (flux, round) -> round.withOther(flux.tee(2, TeePolicy.SLOWEST))),
            operator("tee to the fastest", (flux, round) -> round.withOther(flux.tee(2, TeePolicy.FASTEST, 1))),
            operator("cacheBytes", (flux, round) -> round.ending(flux.cacheBytes(1 << 20))),
            operator("cacheBytes of two", (flux, round) -> round.withOther(round.ending(flux.cacheBytes(1 << 20)))),
            operator("cacheBytes that overflows", (flux, round) -> round.ending(flux.cacheBytes(100))),
            operator("concatBuffers", (flux, round) -> BufferFlux.concatBuffers(List.of(flux, round.empty()))),
            operator("mergeBuffers", (flux, round) -> BufferFlux.mergeBuffers(List.of(flux, round.empty()), 2)),
            operator("rechunk", (flux, round) -> flux.rechunk(100)),
            operator("rechunk small", (flux, round) -> flux.rechunk(3)),
            operator("takeBytes", (flux, round) -> flux.takeBytes(77)),
            operator("skipBytes", (flux, round) -> flux.skipBytes(3)),
            operator("byteRange", (flux, round) -> flux.byteRange(2, 75)),
            operator("split", (flux, round) -> flux.split(new byte[] {-1}, 1000)),
            operator("lines", (flux, round) -> flux.lines(StandardCharsets.UTF_8, 1000)),
            operator("lengthPrefixed", (flux, round) -> flux.lengthPrefixed(1, ByteOrder.BIG_ENDIAN, 1000)),
            operator("decode", (flux, round) -> flux.decode(StandardCharsets.US_ASCII)),
            operator("join", (flux, round) -> flux.join(1000)),
            operator("asString", (flux, round) -> flux.asString(StandardCharsets.UTF_8, 1000)),
            operator("gzip, gunzip", (flux, round) -> flux.gzip().gunzip()),
            operator("deflate, inflate", (flux, round) -> flux.deflate(1).inflate()),
            operator("gunzip of what is none", (flux, round) -> flux.gunzip()),
            operator("digest", (flux, round) -> flux.digest("SHA-256")),
            operator("digest in passing", (flux, round) -> flux.digest("MD5", digest -> {})),
            operator("checksum", (flux, round) -> flux.checksum(CRC32C::new)),
            operator("checksum in passing", (flux, round) -> flux.checksum(CRC32C::new, sum -> {})),
            operator("progress", (flux, round) -> flux.progress(Progress.every(Duration.ofNanos(1000)), report -> {})),
            operator(
                    "prefixLengths, lengthPrefixed",
                    (flux, round) -> flux.prefixLengths(2, ByteOrder.LITTLE_ENDIAN)
                            .lengthPrefixed(2, ByteOrder.LITTLE_ENDIAN, 1000)),
            operator("prefix", (flux, round) -> flux.prefix(new byte[] {round.stamp}, round.pool)),
            operator("suffix", (flux, round) -> flux.suffix(new byte[] {round.stamp}, round.pool)),
            operator(
                    "writeTo a stream",
                    (flux, round) -> flux.writeTo(ByteSinks.stream(OutputStream.nullOutputStream()))),
            operator(
                    "writeTo a channel",
                    (flux, round) ->
                            flux.writeTo(ByteSinks.channel(Channels.newChannel(OutputStream.nullOutputStream())))),
            operator("append", (flux, round) -> flux.writeTo(round.dir.resolve("appended"), WriteOption.APPEND)),
            operator(
                    "several",
                    (flux, round) -> flux.rechunk(7).gzip().rechunk(5).gunzip().rechunk(11)));

    interface SourceOf {
        Publisher<PooledBuffer> of(Path file, Round round);
    }

    interface OperatorOver {
        Publisher<?> over(BufferFlux flux, Round round);
    }

    record Source(String name, SourceOf source) {
        @Override
        public String toString() {
            return name;
        }
    }

    record Operator(String name, OperatorOver operator) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Source source(String name, SourceOf source) {
        return new Source(name, source);
    }

    private static Operator operator(String name, OperatorOver operator) {
        return new Operator(name, operator);
    }

    /** A stamp is what fills a buffer, no byte that means something to an operator. */
    static void fill(PooledBuffer buffer, byte stamp) {
        for (int i = 0; i < buffer.length(); i++) {
            buffer.byteBuffer().put(i, stamp);
        }
    }

    /** What one round of a race has. */
    static final class Round {

        final BufferPool pool;
        final Path dir;
        final byte stamp;
        final AtomicInteger wrong = new AtomicInteger();
        private final Disposable.Composite atEnd = Disposables.composite();

        Round(BufferPool pool, Path dir, int number) {
            this.pool = pool;
            this.dir = dir;
            this.stamp = (byte) (33 + Math.floorMod(number, 31));
        }

        byte[] content() {
            byte[] content = new byte[FILE_BYTES];
            Arrays.fill(content, stamp);
            return content;
        }

        /** Looks at every byte, in a function that has the buffer to itself. */
        Integer verified(PooledBuffer buffer) {
            byte[] content = buffer.toByteArray();
            for (byte b : content) {
                if (b != stamp) {
                    wrong.incrementAndGet();
                }
            }
            return content.length;
        }

        <D extends Disposable> D ending(D disposable) {
            atEnd.add(disposable);
            return disposable;
        }

        BufferFlux empty() {
            return BufferFlux.from(Flux.<PooledBuffer>empty());
        }

        /** Lets another subscriber come first, which takes everything and releases it when the round ends. */
        Flux<PooledBuffer> withOther(BufferFlux shared) {
            return new Flux<>() {
                @Override
                public void subscribe(CoreSubscriber<? super PooledBuffer> actual) {
                    RacedSubscriber other = RacedSubscriber.Kind.PLAIN.of(Round.this);
                    shared.subscribe(other);
                    other.request(Long.MAX_VALUE);
                    atEnd.add(other::end);
                    shared.subscribe(actual);
                }
            };
        }

        void end() {
            atEnd.dispose();
        }
    }
}
