package dev.sluice.flux;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import java.util.zip.Checksum;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.Fuseable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * A {@link Flux} of pooled buffers, with the operators that know how to release them.
 *
 * <p><b>Ownership.</b> The subscriber that gets a buffer from this sequence releases it, once. {@link #consume},
 * {@link #consumeMany} and {@link #writeTo} do so by themselves. A Reactor operator returns a plain {@code Flux};
 * {@link #from} brings it back.
 *
 * <p><b>Cancelling.</b> Whatever this package holds at that moment is released: buffers that wait to be written, a turn
 * in the queue of a pool, the file. A buffer whose {@code onNext} had begun belongs to the receiver.
 *
 * <p><b>Waiting for memory.</b> Sources and operators that find none wait their turn in the pool, without a thread. An
 * operator holds its input meanwhile. So that many subscriptions on one pool do not wait for one another for ever,
 * Sluice keeps spare, while they last, what one of them needs at least: a buffer for each source and operator that
 * takes memory, of the size that it takes, counted as {@link BufferPool#capacityFor}, and above each {@link #split} and
 * {@link #join}, up to an operator that never passes slices on, one more. Each pool does so once, for all its
 * subscriptions. Where the budget is at least that, any number of them get through, one after the other if need be. Of
 * {@link #split}, {@link #lengthPrefixed} and {@link #join} that holds for results of up to 64 KiB; for larger ones
 * there must be room in the pool. Reactor's operators that keep many buffers, such as {@code buffer} and {@code
 * collectList}, are not counted, nor is what you keep.
 *
 * <p>Immutable and thread-safe; every subscription starts anew.
 */
public abstract class BufferFlux extends Flux<PooledBuffer> {

    private static final int DEFAULT_QUEUED = 16;

    /** No level of deflate stays below this when it gets zeros; see {@link #gunzip(InflateOption...)}. */
    private static final int DEFAULT_MAX_RATIO = 200;

    /** Closed: every subclass keeps the promises above, and is in this package. */
    BufferFlux() {}

    /**
     * Reads a file in chunks of {@link BufferPool#chunkSize()}.
     *
     * @param path the file
     * @param pool where the buffers come from
     * @return the content, in order, as {@link #read(ByteSource.Opener, BufferPool)} and {@link ByteSources#file} say
     */
    public static BufferFlux read(Path path, BufferPool pool) {
        return read(ByteSources.file(path), pool);
    }

    /**
     * Reads a file.
     *
     * @param path the file
     * @param pool where the buffers come from
     * @param chunkSize the length of every buffer but the last, in bytes, at least 1
     * @return the content, in order, as {@link #read(ByteSource.Opener, BufferPool)} and {@link ByteSources#file} say
     * @throws IllegalArgumentException if the chunk size is below 1
     */
    public static BufferFlux read(Path path, BufferPool pool, int chunkSize) {
        return read(ByteSources.file(path).chunkSize(chunkSize), pool);
    }

    /**
     * Reads a source: one of {@link ByteSources}, or a program's own.
     *
     * <p><b>Lazy and repeatable.</b> Nothing happens before a subscription. Each opens a source, and closes it before
     * it signals the end or, if it is cancelled, soon after.
     *
     * <p><b>Memory.</b> A buffer is taken from the pool when one is requested, and never before; so a subscription has
     * at most as many buffers out as were requested. If the pool has none, the subscription waits its turn there and
     * gives the thread back meanwhile. Of a source that {@linkplain ByteSource#fillsChunks fills chunks}, short chunks
     * are slices of one larger read, of as many chunks as are requested, but of at most {@link BufferPool#chunkSize()};
     * a slice that is kept pins that block. Where the pool cannot grant the block at once, the subscription waits for
     * one chunk only: that is the smallest budget it needs. A source smaller than a chunk takes a buffer of its own
     * size.
     *
     * <p><b>Demand.</b> What is requested and not yet delivered is reported to the pool, an unbounded request as 8
     * blocks. The block that is being read or waited for is one of them, and counts once: as in flight or pending.
     *
     * <p><b>Errors.</b> Those of the source. A closed pool ends the sequence with {@link
     * dev.sluice.PoolClosedException}, a chunk above the pool's limit with {@link dev.sluice.InvalidSizeException}.
     *
     * @param source opens the source, and says in which chunks and on which scheduler it is read
     * @param pool where the buffers come from
     * @return the content, in order, with no empty buffer
     */
    public static BufferFlux read(ByteSource.Opener source, BufferPool pool) {
        return assembled(FluxRead.of(source, pool));
    }

    /**
     * Copies the content of {@code ByteBuffer}s into buffers of a pool.
     *
     * <p>One is fetched at a time, when a buffer is requested, and copied from its position to its limit, which stay as
     * they are; the next is fetched when it is used up. It must not change until then. One that is longer than a chunk
     * becomes several buffers, one that is empty none. <b>Memory</b> as {@link
     * #read(ByteSource.Opener, BufferPool)} says: at most as many buffers are out as were requested. <b>Demand</b> is
     * reported to the pool while there is something to copy. An error is passed on after what came before it, and not
     * before a request.
     *
     * @param source the content
     * @param pool where the buffers come from
     * @param chunkSize the greatest length of a buffer, in bytes, at least 1
     * @return the copies, in order, with no empty buffer
     * @throws IllegalArgumentException if the chunk size is below 1
     */
    public static BufferFlux fromByteBuffers(Publisher<? extends ByteBuffer> source, BufferPool pool, int chunkSize) {
        Objects.requireNonNull(pool, "pool");
        Arguments.atLeast(1, chunkSize, "chunkSize");
        return from(Flux.from(source)
                .<Publisher<PooledBuffer>>map(bytes -> new FluxRead(
                        SourceSettings.nonBlocking("ByteBuffer", answered -> new SourceBytes(bytes.duplicate()))
                                .chunkSize(chunkSize),
                        pool))
                .onErrorResume(error -> Mono.just(Flux.error(error))) // so that it waits for what came before
                .concatMap(copies -> copies, 0));
    }

    /**
     * Takes the bytes out of the frames of another library: where they lie in the pool already, without copying.
     *
     * <p>For adapters of sockets and of Spring's data buffers. The publisher keeps its frames, and may release each
     * when its {@code onNext} returns, unless it hands them over: see {@link FrameAccess#drop}.
     *
     * <p><b>Demand.</b> One frame is asked for at a time, when a buffer is wanted and no frame is here. It passes as a
     * lease on its memory if that is the pool's. If not, the subscription keeps the frame, waits its turn in the pool
     * without a thread, and copies; it asks for nothing more meanwhile. So it has at most as many buffers out as were
     * requested, and at most one frame beside them. While it waits for its publisher, it holds nothing. While it waits
     * for memory, what is requested is reported to the pool, an unbounded request as 8 buffers.
     *
     * <p><b>Copies.</b> A frame that is not the pool's becomes buffers of up to {@link BufferPool#chunkSize()}. A frame
     * of up to 1 KiB that pins more than four times the capacity that it needs is copied too, if the pool has room.
     *
     * <p><b>Threads.</b> It emits on the thread that brings a frame or requests, after a wait for memory where {@code
     * afterWait} says: memory may be released within the code of the other library, where nothing else may run.
     *
     * <p><b>Errors.</b> An error of the publisher comes after what came before it, or as {@code access} says. One of
     * the pool cancels the publisher.
     *
     * @param <F> the frames
     * @param name how to call the source in reports of lost leases
     * @param frames publishes the frames
     * @param access how to get at their bytes
     * @param pool where the bytes are wanted
     * @param afterWait where to go on after a wait for memory; if it refuses, on the thread that released some
     * @return the bytes, in order
     */
    public static <F> BufferFlux fromFrames(
            String name, Publisher<? extends F> frames, FrameAccess<F> access, BufferPool pool, Executor afterWait) {
        return assembled(new FluxFromFrames<F>(name, frames, access, pool, afterWait));
    }

    /**
     * Makes a {@code BufferFlux} of any sequence of buffers, and releases what Reactor's operators above discard.
     *
     * <p>The hook of {@link Flux#doOnDiscard} that this sets reaches every operator above that supports it, but none
     * below; end with {@link #consume} or another sink of this type, or call {@code from} again below them. The
     * description of this package says which operators drop elements without telling.
     *
     * @param <P> a sequence of buffers. The bound {@code Object} keeps this method apart from {@link Flux#from}, which
     *     takes any publisher
     * @param source the buffers; each is passed on as it is
     * @return the same buffers; {@code source} itself if it is a {@code BufferFlux}
     */
    public static <P extends Object & Publisher<? extends PooledBuffer>> BufferFlux from(P source) {
        Objects.requireNonNull(source, "source");
        if (source instanceof BufferFlux own) {
            return own;
        }
        return wrapped(Flux.<PooledBuffer>from(source).doOnDiscard(PooledBuffer.class, PooledBuffer::release));
    }

    /**
     * Makes a sequence of no buffer.
     *
     * @return a sequence that completes at once
     */
    public static BufferFlux emptyBuffers() {
        return wrapped(Flux.empty());
    }

    /**
     * Makes the sequence of each subscription when it is subscribed to: {@link Flux#defer} of buffers.
     *
     * @param supplier makes a sequence; what it throws ends the subscription
     * @return the buffers of what the supplier makes
     */
    public static BufferFlux deferBuffers(Supplier<? extends BufferFlux> supplier) {
        return wrapped(Flux.defer(() -> ForeignCode.<Publisher<PooledBuffer>>made(supplier, Flux::error)));
    }

    /**
     * Emits the buffers of several sequences, one sequence after the other. Holds no buffer.
     *
     * <p>Not {@code concat}: the compiler would choose that of {@link Flux} in silence.
     *
     * @param sources the sequences; iterated anew for each subscription
     * @return all their buffers, in order
     */
    public static BufferFlux concatBuffers(Iterable<? extends BufferFlux> sources) {
        return from(Flux.<PooledBuffer>concat(sources)
                .contextWrite(context -> ReservePlace.joining(context, ReservePools.of(sources))));
    }

    /**
     * Emits the buffers of several sequences as they come. Unlike {@link Flux#merge(Iterable)}, it loses none.
     *
     * <p>From the first request on, each is asked for one buffer, and for the next when that was emitted: so at most
     * {@code concurrency} buffers wait here. An error of one cancels the others, and what waits is released.
     *
     * @param sources the sequences; iterated anew for each subscription
     * @param concurrency how many sequences to subscribe to at a time, at least 1
     * @return all their buffers, those of one sequence in their order
     * @throws IllegalArgumentException if the concurrency is below 1
     */
    public static BufferFlux mergeBuffers(Iterable<? extends BufferFlux> sources, int concurrency) {
        return assembled(new FluxMergeBuffers(sources, concurrency));
    }

    /**
     * Emits the buffers on a scheduler, and fetches a few ahead: use it in place of {@link Flux#publishOn}, which loses
     * what it has queued if it is cancelled at the wrong moment.
     *
     * <p>At most {@code prefetch} buffers are requested and held at a time, and none before the first request.
     * Cancelling releases those that are not emitted. An error is passed on after the buffers that came before it.
     *
     * <p>Directly behind a file or memory, the scheduler is woken once for half of the prefetch; a read that takes more
     * than 0.1 ms is handed over at once.
     *
     * @param scheduler where to emit
     * @param prefetch how many buffers to fetch ahead, at least 1
     * @return the same buffers, in order
     * @throws IllegalArgumentException if the prefetch is below 1
     */
    public final BufferFlux emitOn(Scheduler scheduler, int prefetch) {
        return assembled(new FluxEmitOn(this, scheduler, prefetch));
    }

    /**
     * Sets how long all sources and operators above wait for memory when a pool has none.
     *
     * @param policy how long; for ever, if none is set. The nearest below a source or operator holds
     * @return the same buffers, or {@link dev.sluice.PoolExhaustedException} when the wait is over
     */
    public final BufferFlux waiting(WaitPolicy policy) {
        Objects.requireNonNull(policy, "policy");
        return wrapped(contextWrite(policy::putInto));
    }

    /**
     * Ends with an error when the next buffer does not come in time, as {@link #orTimeout(Duration, Scheduler)} says,
     * by the clock of {@link Schedulers#parallel()}.
     *
     * @param timeout how long to wait for each buffer, above zero
     * @return the same buffers
     * @throws IllegalArgumentException if the timeout is not above zero
     */
    public final BufferFlux orTimeout(Duration timeout) {
        return orTimeout(timeout, Schedulers.parallel());
    }

    /**
     * Ends with an error when the next buffer does not come in time: use it in place of {@link Flux#timeout(Duration)},
     * which loses the buffer that comes at that moment.
     *
     * <p>The time runs only while a buffer is requested and has not come: from the request on, or, if more was
     * requested than came, from the return of the previous {@code onNext} on. So a slow subscriber costs no time, and a
     * slow source does. When the time is over, the source is cancelled and the sequence ends with {@link
     * java.util.concurrent.TimeoutException}; a buffer that comes later is released.
     *
     * @param timeout how long to wait for each buffer, above zero
     * @param scheduler whose clock counts, and where the error is signalled
     * @return the same buffers
     * @throws IllegalArgumentException if the timeout is not above zero
     */
    public final BufferFlux orTimeout(Duration timeout, Scheduler scheduler) {
        return assembled(new FluxOrTimeout(this, timeout, scheduler));
    }

    /**
     * Lets at most so many buffers be out below that are not released yet, whatever is requested: for a subscriber that
     * requests much at once and releases each buffer when it is done with it, as one that sends does.
     *
     * <p>A subscriber that collects the buffers before it releases them would wait for ever.
     *
     * <p><b>Threads.</b> A buffer goes on on the thread that the source emits on. When a buffer was released, the next
     * one is asked for on {@link Schedulers#parallel()}: the thread that released it may be in the midst of anything.
     *
     * @param maxInFlight how many buffers may be out, at least 1
     * @return the same buffers, in order, each of which counts until it and all that was retained or sliced from it are
     *     released or lost
     * @throws IllegalArgumentException if the number is below 1
     */
    public final BufferFlux inFlight(int maxInFlight) {
        return assembled(new FluxInFlight(this, maxInFlight, false));
    }

    /**
     * For adapters: does what {@link #inFlight} does, but lets everything pass from the moment on that the subscriber
     * requests without bound. A library that sends requests some buffers at a time; one that requests without bound
     * collects the buffers first, and would wait for ever.
     *
     * @param maxInFlight how many buffers may be out, at least 1
     * @return the same buffers, in order
     * @throws IllegalArgumentException if the number is below 1
     */
    public final BufferFlux inFlightUnlessCollected(int maxInFlight) {
        return assembled(new FluxInFlight(this, maxInFlight, true));
    }

    /**
     * Gives each buffer to several subscribers; {@code tee(subscribers, policy, 16)}.
     *
     * @param subscribers how many subscribers make a group, at least 1
     * @param policy whose demand the source sees
     * @return the same buffers for each subscriber, as {@link #tee(int, TeePolicy, int)} says
     * @throws IllegalArgumentException if there are less than 1 subscribers
     */
    public final BufferFlux tee(int subscribers, TeePolicy policy) {
        return tee(subscribers, policy, DEFAULT_QUEUED);
    }

    /**
     * Gives each buffer to several subscribers, each with a lease of its own on the same memory: use it in place of
     * {@link Flux#publish()} and {@link Flux#share()}, which lose what is queued, and give all subscribers one lease.
     *
     * <p><b>Groups.</b> The source is subscribed to when so many subscribers are there. Those that come then wait for
     * the next group, which subscribes anew, even while the former one runs. Who cancels before the group is complete
     * frees the place. The source sees the {@code Context} of the first subscriber.
     *
     * <p><b>Demand.</b> With {@link TeePolicy#SLOWEST}, the source is asked for what all subscribers have requested, so
     * nobody has more leases than requested. With {@link TeePolicy#FASTEST}, it is asked for what one of them has
     * requested; the others have at most {@code maxQueued} buffers waiting, and who falls further behind ends with the
     * error of {@link reactor.core.Exceptions#failWithOverflow(String)}, its queue is released, and the others go on.
     *
     * <p><b>Ownership.</b> Each subscriber releases its own leases; the memory goes back with the last. They are
     * {@linkplain PooledBuffer#retainReadOnly() read-only}. A subscriber that cancels leaves the others alone; when all
     * have left, the source is cancelled. What a subscriber throws goes to the hook of dropped errors, and it has left.
     *
     * <p>Each subscriber is called on the thread that emits or on its own that requests. A slow {@code onNext} holds up
     * all of them; follow with {@link #emitOn} where that matters.
     *
     * @param subscribers how many subscribers make a group, at least 1
     * @param policy whose demand the source sees
     * @param maxQueued how far a subscriber may fall behind, in buffers, at least 1; means nothing to {@code SLOWEST}
     * @return the same buffers for each subscriber
     * @throws IllegalArgumentException if a number is below 1
     */
    public final BufferFlux tee(int subscribers, TeePolicy policy, int maxQueued) {
        return assembled(new FluxTee(this, subscribers, policy, maxQueued));
    }

    /**
     * Holds what the source emits, for as long as the cache is reachable, as {@link #cacheBytes(long, Duration,
     * Scheduler)} says.
     *
     * @param maxBytes how much memory the cache may pin
     * @return the same buffers for every subscriber
     * @throws IllegalArgumentException if the limit is negative
     */
    public final BufferCache cacheBytes(long maxBytes) {
        return new FluxCacheBytes(new CacheKeeper(this, maxBytes, null, Schedulers.parallel()));
    }

    /**
     * Holds what the source emits for a time, as {@link #cacheBytes(long, Duration, Scheduler)} says, by the clock of
     * {@link Schedulers#parallel()}.
     *
     * @param maxBytes how much memory the cache may pin
     * @param timeToLive how long the content is offered after the source has ended, above zero
     * @return the same buffers for every subscriber
     * @throws IllegalArgumentException if the limit is negative or the time not above zero
     */
    public final BufferCache cacheBytes(long maxBytes, Duration timeToLive) {
        return cacheBytes(maxBytes, timeToLive, Schedulers.parallel());
    }

    /**
     * Holds what the source emits, and gives it to every subscriber from the first buffer on: use it in place of
     * {@link Flux#cache()} and {@link Flux#replay()}, which give all subscribers one lease and never release it.
     *
     * <p>The first subscriber starts the source; those that come later begin with what is held. The source is asked for
     * as much as the subscriber that wants most, and emits on the threads that the source and the subscribers have.
     *
     * <p><b>Ownership.</b> The cache owns what the source emits. Each subscriber gets leases of its own on the same
     * memory, {@linkplain PooledBuffer#retainReadOnly() read-only}, and releases them.
     *
     * <p><b>Memory.</b> The limit counts what is {@linkplain PooledBuffer#pinnedBytes() pinned}, not what is content;
     * slices of one buffer that follow one another count once. More than the limit releases everything, cancels the
     * source and is {@link ByteLimitException} for every subscriber.
     *
     * <p><b>Going back.</b> What is held goes back to the pool when the cache is {@linkplain BufferCache#dispose()
     * disposed of}, which ends subscribers that have not had everything with {@link
     * java.util.concurrent.CancellationException}; when the time to live is over or the cache has become garbage, where
     * subscribers that have begun read on and the last of them gives back; and when all subscribers cancel before the
     * source has ended, which cancels it.
     *
     * <p><b>The end of the source</b>, and its error, are given to every subscriber after what came before, like the
     * content: for the time to live, or for ever. A subscriber that comes after that time starts the source anew.
     *
     * <p>Not {@code cache}, because {@code cache(1 << 20)} would be {@link Flux#cache(int)}.
     *
     * @param maxBytes how much memory the cache may pin
     * @param timeToLive how long the content is offered after the source has ended, above zero
     * @param scheduler whose clock counts; where an expired content is released
     * @return the same buffers for every subscriber
     * @throws IllegalArgumentException if the limit is negative or the time not above zero
     */
    public final BufferCache cacheBytes(long maxBytes, Duration timeToLive, Scheduler scheduler) {
        return new FluxCacheBytes(
                new CacheKeeper(this, maxBytes, Objects.requireNonNull(timeToLive, "timeToLive"), scheduler));
    }

    /**
     * Applies a function to each buffer, and releases the buffer when the function returns, even by throwing.
     *
     * <p>The function must not let the buffer escape, nor a view of it; what is to live longer is copied or
     * {@linkplain PooledBuffer#retain() retained}. A result that shows its memory is refused: see {@link
     * #toByteBuffers}.
     *
     * @param <T> what the function makes of a buffer
     * @param fn sees each buffer on the thread that emits it; a null result emits nothing. If it throws, the source is
     *     cancelled and the error passed on
     * @return the results that are not null
     */
    public final <T> Flux<T> consume(Function<? super PooledBuffer, ? extends @Nullable T> fn) {
        return onAssembly(new FluxConsume<T>(this, fn));
    }

    /**
     * Gives the bytes to a client that wants {@code ByteBuffer}s and cannot release them.
     *
     * @param handover how long the bytes stay; {@link Handover#ON_HEAP} is right for every client
     * @return the content of each buffer that is not empty
     */
    public final Flux<ByteBuffer> toByteBuffers(Handover handover) {
        return onAssembly(new FluxToByteBuffers(this, handover));
    }

    /**
     * Turns each buffer into a sequence, merges the sequences, and releases each buffer when its sequence ends, fails
     * or is cancelled. It is released, too, if the function throws or returns null.
     *
     * <p>At most {@code concurrency} buffers are requested and held at a time. A sequence that still works on the
     * buffer when it has been cancelled, say a {@code fromCallable} on another thread, must
     * {@linkplain PooledBuffer#retain() retain} it for itself: cancelling does not wait.
     *
     * @param <T> the elements of the sequences
     * @param fn makes a sequence of a buffer
     * @param concurrency how many sequences may be subscribed to at once, at least 1; with 1, they keep the order
     * @return the elements of all sequences
     * @throws IllegalArgumentException if the concurrency is below 1
     */
    public final <T> Flux<T> consumeMany(
            Function<? super PooledBuffer, ? extends Publisher<? extends T>> fn, int concurrency) {
        return FluxConsumeMany.merge(this, fn, concurrency);
    }

    /**
     * Does as {@link #consumeMany} does, and emits the sequences one after the other, in the order of their buffers.
     *
     * <p>At most {@code concurrency} buffers are requested at a time, and each is held until its sequence ends. What a
     * sequence emits before its turn waits, 16 elements at most of each. An error, of whichever sequence, ends all at
     * once. What is not emitted is given to the hook of {@link Flux#doOnDiscard}.
     *
     * @param <T> what the sequences emit
     * @param fn makes a sequence of each buffer, as in {@link #consumeMany}
     * @param concurrency how many sequences to subscribe to at a time, at least 1
     * @return the concatenated elements
     * @throws IllegalArgumentException if the concurrency is below 1
     */
    public final <T> Flux<T> consumeManyOrdered(
            Function<? super PooledBuffer, ? extends Publisher<? extends T>> fn, int concurrency) {
        return onAssembly(new FluxConsumeManyOrdered<T>(this, fn, concurrency));
    }

    /**
     * Applies a function to several buffers at a time, each on a thread of the scheduler, and releases each buffer when
     * the function has returned. The results come in the order in which they are ready.
     *
     * <p>At most {@code parallelism} buffers are requested and held at a time. A buffer is released, too, if the
     * function throws, if the scheduler refuses, and if the subscription is cancelled before the function was called.
     * A function that runs when the subscription is cancelled is neither stopped nor waited for: it keeps its buffer
     * until it returns, and its result goes to the hook of {@link Flux#doOnDiscard}.
     *
     * @param <T> what the function makes of a buffer
     * @param fn sees each buffer, as in {@link #consume}, but several at a time; a null result emits nothing. If it
     *     throws, the source is cancelled and the error passed on
     * @param parallelism how many buffers to work on at a time, at least 1
     * @param scheduler where the function runs
     * @return the results that are not null
     * @throws IllegalArgumentException if the parallelism is below 1
     */
    public final <T> Flux<T> consumeParallel(
            Function<? super PooledBuffer, ? extends @Nullable T> fn, int parallelism, Scheduler scheduler) {
        return FluxConsumeMany.merge(this, ConsumeParallelTask.of(fn, scheduler), parallelism);
    }

    /**
     * Does as {@link #consumeParallel} does, and emits the results in the order of the buffers.
     *
     * <p>A result that waits for an earlier one counts towards {@code parallelism}; its buffer is released already.
     *
     * @param <T> what the function makes of a buffer
     * @param fn sees each buffer, as in {@link #consumeParallel}
     * @param parallelism how many buffers to work on at a time, at least 1
     * @param scheduler where the function runs
     * @return the results that are not null
     * @throws IllegalArgumentException if the parallelism is below 1
     */
    public final <T> Flux<T> consumeParallelOrdered(
            Function<? super PooledBuffer, ? extends @Nullable T> fn, int parallelism, Scheduler scheduler) {
        return consumeManyOrdered(ConsumeParallelTask.of(fn, scheduler), parallelism);
    }

    /**
     * Writes the buffers to a file, and releases each when it is written.
     *
     * <p><b>All or nothing.</b> The bytes go to a temporary file in the same directory, whose name begins with {@code
     * .sluice-}; at completion it is moved over the path atomically, where the file system can do so, and otherwise by
     * {@link java.nio.file.StandardCopyOption#REPLACE_EXISTING}. If the source fails, the disk is full, or the
     * subscription is cancelled before the move, the temporary file is deleted and whatever was at the path is
     * untouched. A cancellation that comes later than the move is too late. A symbolic link at the path is itself
     * replaced. Nothing is forced to the device: after a power failure, the file may be missing or incomplete.
     *
     * <p><b>Rights.</b> A file that takes the place of another gets its mode, its owner and its group, as far as the
     * process may give them, and nobody else can read the temporary file until then. Its other hard links keep the old
     * content. A FIFO, a terminal or a device at the path is never replaced: the bytes are written through it, which
     * waits for a reader where that is its way; cancelling ends the wait.
     *
     * <p><b>Options</b> change that:
     *
     * <table>
     *   <caption>What is on disk</caption>
     *   <tr><th>option</th><th>at completion</th><th>after an error or a cancellation</th></tr>
     *   <tr><td>none</td><td>the new content</td><td>what was there before</td></tr>
     *   <tr><td>{@link WriteOption#CREATE_NEW CREATE_NEW}</td><td>the new content; an error if there was anything</td>
     *     <td>what was there before</td></tr>
     *   <tr><td>{@link WriteOption#APPEND APPEND}</td><td>the old content and the new</td>
     *     <td>the old content, and what was written by then</td></tr>
     *   <tr><td>{@link WriteOption#IN_PLACE IN_PLACE}</td><td>the new content, in the old file</td>
     *     <td>what was written by then; the old content, if nothing was</td></tr>
     *   <tr><td>{@link WriteOption#CREATE_PARENTS CREATE_PARENTS}</td><td>the same as without, and its directories</td>
     *     <td>the same as without, and its directories</td></tr>
     *   <tr><td>{@link WriteOption#FORCE FORCE}</td><td>the same as without, safe from a power failure</td>
     *     <td>the same as without</td></tr>
     * </table>
     *
     * <p>With {@code CREATE_NEW}, the file is put in place by a hard link, which fails if there is something by then.
     * Where the file system has no hard links, it is a move after a check, so that another writer may come in between.
     *
     * <p><b>Memory, threads.</b> As {@link #writeTo(ByteSink.Opener)} says, on {@code sluice-files}; {@link
     * ByteSinks#file} takes another scheduler.
     *
     * <p><b>Errors.</b> A missing or unwritable parent, a directory at the path, a full disk end in a {@link
     * java.nio.file.FileSystemException} that names the path, and cancel the source. So does a file that cannot be
     * replaced, such as a mount point; the message then names {@code IN_PLACE}.
     *
     * @param path the file; made if it is missing, replaced if it exists, unless an option says otherwise
     * @param options what to do otherwise
     * @return how many bytes were written, once the file is in place
     * @throws IllegalArgumentException if the options contradict each other
     */
    public final Mono<Long> writeTo(Path path, WriteOption... options) {
        return writeTo(ByteSinks.file(path, options));
    }

    /**
     * Writes the buffers to a sink, one of {@link ByteSinks} or a program's own, and releases each when it is written.
     *
     * <p><b>Memory.</b> At most 16 buffers are requested and held at a time, and none before the sink is open. Buffers
     * that came while others were written are {@linkplain ByteSink#write(java.nio.ByteBuffer[], int, int) written
     * together}.
     *
     * <p><b>Errors.</b> Those of the sink cancel the source. If the source fails, the sink is aborted before the error
     * is passed on.
     *
     * <p><b>Cancelling</b> aborts the sink, unless it has committed. A write that is under way keeps its buffers until
     * it has ended.
     *
     * @param sink opens the sink, and says on which scheduler it is written to
     * @return how many bytes were written, once the sink has committed
     */
    public final Mono<Long> writeTo(ByteSink.Opener sink) {
        return MonoWriteTo.of(this, sink);
    }

    /**
     * Gives the bytes to the reader of a stream. <b>Close it</b>: that cancels the subscription and releases its
     * buffers, even if the end was not reached.
     *
     * <p>The first read subscribes. At most {@code prefetch} buffers are requested and held at a time, that which is
     * being read among them. Reading gives what one buffer has, and waits only if there is none.
     *
     * <p><b>Errors.</b> An error of the sequence is thrown by reading, as an {@link java.io.IOException} with the error
     * as its cause, after the bytes that came before it. A reader that is interrupted while it waits gets an {@link
     * java.io.InterruptedIOException} and keeps its interrupt status, and the stream is closed. Reading a closed stream
     * throws an {@code IOException}.
     *
     * <p><b>Threads.</b> One thread reads; any may close, and wakes the reader. On a thread that must not block, such
     * as one of {@link Schedulers#parallel()}, a read that would have to wait throws {@link IllegalStateException}.
     *
     * @param prefetch how many buffers to request and hold at a time, at least 1
     * @return a stream with a subscription of its own
     * @throws IllegalArgumentException if the prefetch is below 1
     */
    public final InputStream toInputStream(int prefetch) {
        Arguments.atLeast(1, prefetch, "prefetch");
        return new ToInputStream(this, prefetch);
    }

    /**
     * Cuts the bytes anew.
     *
     * <p>A chunk that lies within one buffer is a slice, which pins it, or the buffer itself; one that lies in several
     * is a copy, in memory of the same pool. If the source fails, the bytes of a chunk that is not full are dropped.
     *
     * @param n the length of every buffer but the last, in bytes, at least 1
     * @return the same bytes, with no empty buffer
     * @throws IllegalArgumentException if {@code n} is below 1
     */
    public final BufferFlux rechunk(int n) {
        Arguments.atLeast(1, n, "the length of a chunk");
        return staged("rechunk", memory -> new StageRechunk(memory, n));
    }

    /**
     * Passes the first bytes on and cancels the source then.
     *
     * @param n how many bytes, at least 0; with 0, the source is cancelled without a request
     * @return the first bytes, or all if there are fewer, as {@link #byteRange} says
     * @throws IllegalArgumentException if {@code n} is negative
     */
    public final BufferFlux takeBytes(long n) {
        Arguments.atLeast(0, n, "the bytes to take");
        return staged("takeBytes", memory -> new StageByteRange(0, n));
    }

    /**
     * Releases the first bytes and passes the others on.
     *
     * @param n how many bytes, at least 0
     * @return the bytes after the first, none if there are not so many, as {@link #byteRange} says
     * @throws IllegalArgumentException if {@code n} is negative
     */
    public final BufferFlux skipBytes(long n) {
        Arguments.atLeast(0, n, "the bytes to skip");
        return staged("skipBytes", memory -> new StageByteRange(n, Long.MAX_VALUE));
    }

    /**
     * Passes a range of the bytes on and cancels the source then; not {@link Flux#range}, which makes numbers.
     *
     * <p>Buffers pass as they are; at the edges of the range they are sliced. No memory is taken.
     *
     * @param offset how many bytes to skip, at least 0
     * @param length how many bytes to take then, at least 0; with 0, the source is cancelled without a request
     * @return the bytes of the range, or those of them that there are, with no empty buffer
     * @throws IllegalArgumentException if the offset or the length is negative
     */
    public final BufferFlux byteRange(long offset, long length) {
        Arguments.atLeast(0, offset, "the offset of a range");
        Arguments.atLeast(0, length, "the length of a range");
        return staged("byteRange", memory -> new StageByteRange(offset, length));
    }

    /**
     * Cuts the bytes at each delimiter, which is dropped. What follows the last one is a record, if there is any.
     *
     * <p><b>Memory.</b> A record that lies within one buffer is a slice, which pins that buffer; one that lies in
     * several is copied into memory of the pool that its bytes come from, of up to twice {@code max} and the delimiter
     * while it grows. An empty record is an empty buffer.
     *
     * <p><b>Errors.</b> A record above the limit is not held: it ends the sequence with {@link ByteLimitException} as
     * soon as it is known, and cancels the source.
     *
     * @param delimiter one or more bytes
     * @param max how many bytes a record may have, at least 1
     * @return the records, in order
     * @throws IllegalArgumentException if the delimiter is empty or the limit is below 1
     */
    public final BufferFlux split(byte[] delimiter, int max) {
        byte[] own = delimiter.clone();
        Arguments.atLeast(1, own.length, "the length of a delimiter");
        Arguments.atLeast(1, max, "the limit");
        return staged("split", memory -> new StageSplit(memory, own, max));
    }

    /**
     * Decodes the lines of a text, without their ends: LF, or CR LF, or others by {@link LineOption#ANY_BREAK}.
     *
     * <p>What follows the last end is a line, unless there is nothing. A CR that no LF follows belongs to its line.
     * Malformed bytes are replaced. Takes no memory of a pool; has an array of up to 8 KiB, and one as long as the
     * longest line that lies in several buffers. A line above the limit ends the sequence with {@link
     * ByteLimitException}, and cancels the source.
     *
     * @param charset how the text is encoded; {@link LineOption} says which are fast
     * @param maxBytes how many bytes a line may have, without its end, at least 1
     * @param options what else is an end, and whether to drop a byte order mark
     * @return the lines, in order
     * @throws IllegalArgumentException if the limit is below 1
     */
    public final Flux<String> lines(Charset charset, int maxBytes, LineOption... options) {
        Objects.requireNonNull(charset, "charset");
        Arguments.atLeast(1, maxBytes, "the limit");
        Set<LineOption> all = Set.copyOf(List.of(options));
        return onAssembly(new FluxStage<String>(this, "lines", memory -> StageLines.of(charset, maxBytes, all)));
    }

    /**
     * Cuts the bytes into records, each of which follows its length, which is dropped.
     *
     * <p><b>Memory.</b> As {@link #split} says, but a copied record takes no more than its length.
     *
     * <p><b>Errors.</b> Each cancels the source: a length above the limit, {@link ByteLimitException}, before any
     * memory is taken; a negative length, {@link MalformedBytesException}; an end within a length or a record, {@link
     * TruncatedBytesException}.
     *
     * @param fieldBytes how many bytes a length has: 1, 2 or 3, unsigned, or 4 or 8, signed
     * @param order which byte of a length comes first
     * @param max how many bytes a record may have, at least 1
     * @return the records, in order
     * @throws IllegalArgumentException if a length cannot have so many bytes, or the limit is below 1
     */
    public final BufferFlux lengthPrefixed(int fieldBytes, ByteOrder order, int max) {
        StageLengthPrefixed.checkField(fieldBytes, order);
        Arguments.atLeast(1, max, "the limit");
        return staged("lengthPrefixed", memory -> new StageLengthPrefixed(memory, fieldBytes, order, max));
    }

    /**
     * Decodes the bytes, as {@link #decode(Charset, CodingErrorAction)} says; malformed bytes are replaced.
     *
     * @param charset how the bytes are encoded
     * @return the text in pieces
     */
    public final Flux<String> decode(Charset charset) {
        return decode(charset, CodingErrorAction.REPLACE);
    }

    /**
     * Decodes the bytes, in whatever buffers those of a character lie, by an array of 8 KiB and no memory of a pool.
     *
     * @param charset how the bytes are encoded
     * @param malformed what to do with malformed or unmappable bytes; {@link CodingErrorAction#REPORT} ends the
     *     sequence with {@link MalformedBytesException} after what came before them, and cancels the source
     * @return the text in pieces, which are not empty and do not end within a character
     */
    public final Flux<String> decode(Charset charset, CodingErrorAction malformed) {
        Objects.requireNonNull(charset, "charset");
        Objects.requireNonNull(malformed, "malformed");
        return onAssembly(new FluxStage<String>(this, "decode", memory -> new StageDecode(charset, malformed)));
    }

    /**
     * Takes all bytes and keeps none: each buffer is released when it comes.
     *
     * @return how many bytes there were
     */
    public final Mono<Long> drain() {
        return consume(buffer -> (long) buffer.length()).reduce(0L, Long::sum);
    }

    /**
     * Puts all bytes into one buffer: the source's own if it has only one, otherwise a copy in memory of its pool.
     *
     * <p><b>Memory.</b> As {@link #split} says. More than the limit ends in {@link ByteLimitException}, and cancels the
     * source.
     *
     * @param max how many bytes there may be, at least 1
     * @return the buffer; empty if there are no bytes
     * @throws IllegalArgumentException if the limit is below 1
     */
    public final BufferMono join(int max) {
        Arguments.atLeast(1, max, "the limit");
        return BufferMono.wrapped(MonoStage.of(this, "join", memory -> new StageJoin(memory, max)));
    }

    /**
     * Decodes all bytes into one string; malformed bytes are replaced. Takes no memory of a pool; has an array for the
     * bytes. {@link ByteLimitException} as in {@link #join}.
     *
     * @param charset how the bytes are encoded
     * @param max how many bytes there may be, at least 1
     * @return the text; an empty string if there are no bytes
     * @throws IllegalArgumentException if the limit is below 1
     */
    public final Mono<String> asString(Charset charset, int max) {
        Objects.requireNonNull(charset, "charset");
        Arguments.atLeast(1, max, "the limit");
        return MonoStage.of(this, "asString", memory -> new StageAsString(charset, max));
    }

    /**
     * Compresses the bytes into the gzip format, as {@link #gzip(int)} says, at zlib's default level.
     *
     * @return one gzip member
     */
    public final BufferFlux gzip() {
        return gzip(Deflater.DEFAULT_COMPRESSION);
    }

    /**
     * Compresses the bytes into the gzip format: one member, without a name and a time.
     *
     * <p>Nothing is flushed before the end, so what is put in may come out much later; see {@link #gzip(int, Flush)}.
     *
     * <p><b>Memory.</b> The output is written to chunks in memory of the pool that the first buffer comes from; to one
     * of {@link dev.sluice.BufferPools#small()} if there is no buffer. The first chunk has 1 KiB, each further one is
     * four times as long, up to 64 KiB, but none is longer than an eighth of the budget. All are full but the last.
     * If the pool has none, the operator waits its turn without a thread, as {@link #split} says: each subscription
     * needs room for a buffer of the source and a chunk. zlib takes some 270 KB beside, which no pool counts, until the
     * sequence ends.
     *
     * @param level from 1, fastest, to 9, smallest; 0 only packs, and -1 is zlib's default, 6
     * @return one gzip member, some 20 bytes if there is nothing to compress
     * @throws IllegalArgumentException if there is no such level
     */
    public final BufferFlux gzip(int level) {
        return gzip(level, Flush.AT_END);
    }

    /**
     * Compresses the bytes into the gzip format, and gives them out in time if that is wanted.
     *
     * @param level from 1, fastest, to 9, smallest; 0 only packs, and -1 is zlib's default, 6
     * @param flush when to give out what there is
     * @return one gzip member
     * @throws IllegalArgumentException if there is no such level
     */
    public final BufferFlux gzip(int level, Flush flush) {
        StageDeflate.checkLevel(level);
        Objects.requireNonNull(flush, "flush");
        return staged("gzip", memory -> StageDeflate.gzip(memory, level, flush));
    }

    /**
     * Compresses the bytes into the zlib format, as {@link #deflate(int)} says, at zlib's default level.
     *
     * @return the compressed bytes
     */
    public final BufferFlux deflate() {
        return deflate(Deflater.DEFAULT_COMPRESSION);
    }

    /**
     * Compresses the bytes into the zlib format, which HTTP calls "deflate". Otherwise as {@link #gzip(int)}.
     *
     * @param level from 1, fastest, to 9, smallest; 0 only packs, and -1 is zlib's default, 6
     * @return the compressed bytes
     * @throws IllegalArgumentException if there is no such level
     */
    public final BufferFlux deflate(int level) {
        return deflate(level, Flush.AT_END);
    }

    /**
     * Compresses the bytes into the zlib format, and gives them out in time if that is wanted.
     *
     * @param level from 1, fastest, to 9, smallest; 0 only packs, and -1 is zlib's default, 6
     * @param flush when to give out what there is
     * @return the compressed bytes
     * @throws IllegalArgumentException if there is no such level
     */
    public final BufferFlux deflate(int level, Flush flush) {
        StageDeflate.checkLevel(level);
        Objects.requireNonNull(flush, "flush");
        return staged("deflate", memory -> StageDeflate.zlib(memory, level, flush));
    }

    /**
     * Uncompresses the gzip format, as {@link #gunzip(long, int, InflateOption...)} says, to any number of bytes, but
     * to no more than 200 times as many as were put in.
     *
     * <p>{@link InflateOption} says what needs a higher ratio: blank disk images, and little else.
     *
     * @param options what to put up with
     * @return the content
     */
    public final BufferFlux gunzip(InflateOption... options) {
        return gunzip(Long.MAX_VALUE, DEFAULT_MAX_RATIO, options);
    }

    /**
     * Uncompresses the gzip format.
     *
     * <p>Several members may follow one another; their contents are joined. Zeros after the last one are skipped, as
     * gzip(1) does.
     *
     * <p><b>In time.</b> Chunks of a file are full, but for the last. Where the source has nothing at hand, such as a
     * socket between two messages, all that can be uncompressed of what came is emitted at once.
     *
     * <p><b>Memory.</b> As {@link #gzip(int)} says, with some 40 KB for zlib.
     *
     * <p><b>Errors.</b> Each cancels the source, and comes after all that was uncompressed before the fault was met.
     * The checksum of a header, the checksum and the length of a content are verified; but most of that content has
     * been emitted by then. {@link
     * MalformedBytesException}: not gzip, corrupt, or followed by something else. {@link TruncatedBytesException}: the
     * input ended too early, or there was none at all: even nothing compresses to some bytes. {@link
     * ByteLimitException}: more than {@code maxBytes} came out; or, once 1 MiB did, more than {@code maxRatio} times
     * what was put in; or a header is longer than 128 KiB. Offsets are those of the compressed input; the content
     * begins at 0.
     *
     * @param maxBytes how many bytes may come out, at least 0
     * @param maxRatio how many times as many bytes as were put in may come out, at least 1; from 1,032 on, it never
     *     matters
     * @param options what to put up with
     * @return the content
     * @throws IllegalArgumentException if the limit is negative or the ratio below 1
     */
    public final BufferFlux gunzip(long maxBytes, int maxRatio, InflateOption... options) {
        Arguments.atLeast(0, maxBytes, "the limit");
        Arguments.atLeast(1, maxRatio, "the ratio");
        Set<InflateOption> all = Set.copyOf(List.of(options));
        return staged("gunzip", memory -> new StageGunzip(memory, () -> new Inflater(true), maxBytes, maxRatio, all));
    }

    /**
     * Uncompresses the zlib format, with the limits of {@link #gunzip(InflateOption...)}.
     *
     * @param options what to put up with
     * @return the content
     */
    public final BufferFlux inflate(InflateOption... options) {
        return inflate(Long.MAX_VALUE, DEFAULT_MAX_RATIO, options);
    }

    /**
     * Uncompresses the zlib format, which HTTP calls "deflate"; not deflated data without its header, which some
     * servers call so too.
     *
     * <p>Memory, limits and errors are those of {@link #gunzip(long, int, InflateOption...)}. Nothing may follow the
     * compressed data. A preset dictionary is not supported: {@link MalformedBytesException}.
     *
     * @param maxBytes how many bytes may come out, at least 0
     * @param maxRatio how many times as many bytes as were put in may come out, at least 1
     * @param options what to put up with
     * @return the content
     * @throws IllegalArgumentException if the limit is negative or the ratio below 1
     */
    public final BufferFlux inflate(long maxBytes, int maxRatio, InflateOption... options) {
        Arguments.atLeast(0, maxBytes, "the limit");
        Arguments.atLeast(1, maxRatio, "the ratio");
        Set<InflateOption> all = Set.copyOf(List.of(options));
        return staged("inflate", memory -> new StageInflate(memory, Inflater::new, maxBytes, maxRatio, all));
    }

    /**
     * Looks at the buffers on their way.
     *
     * @param fn sees each buffer on the thread that emits it, and keeps nothing of it, as in {@link #consume}; it
     *     leaves position and limit of the buffer's view as they are, or reads {@link PooledBuffer#readOnlyBuffer()}.
     *     If it throws, the buffer is released, the source cancelled and the error passed on
     * @return the same buffers
     */
    public final BufferFlux peek(Consumer<? super PooledBuffer> fn) {
        Objects.requireNonNull(fn, "fn");
        return assembled(new FluxDigest(this, () -> DigestSum.peeking(fn)));
    }

    /**
     * Gives the bytes to a sink, and digests and counts them on their way: {@code withDigest("SHA-256", bytes ->
     * bytes.writeTo(path))}.
     *
     * @param <T> what the sink answers
     * @param algorithm what {@link MessageDigest#getInstance(String)} knows, such as {@code SHA-256}
     * @param sink gets the bytes; if it subscribes several times, the last one counts
     * @return what the sink answered, with the digest of what went through; empty if the sink's answer is
     * @throws IllegalArgumentException if the JVM has no such algorithm
     */
    public final <T> Mono<Digested<T>> withDigest(
            String algorithm, Function<? super BufferFlux, ? extends Mono<? extends T>> sink) {
        DigestSum.newDigest(algorithm);
        Objects.requireNonNull(sink, "sink");
        return DigestSum.with(this, algorithm, sink);
    }

    /**
     * Digests the bytes, and releases each buffer.
     *
     * @param algorithm what {@link MessageDigest#getInstance(String)} knows, such as {@code SHA-256}
     * @return the digest of all bytes
     * @throws IllegalArgumentException if the JVM has no such algorithm
     */
    public final Mono<byte[]> digest(String algorithm) {
        DigestSum.newDigest(algorithm);
        return DigestSum.digestOf(this, algorithm);
    }

    /**
     * Digests the bytes on their way.
     *
     * @param algorithm what {@link MessageDigest#getInstance(String)} knows, such as {@code SHA-256}
     * @param whenComplete gets the digest of all bytes, before completion is passed on; not if the sequence fails or is
     *     cancelled. If it throws, the sequence fails
     * @return the same buffers
     * @throws IllegalArgumentException if the JVM has no such algorithm
     */
    public final BufferFlux digest(String algorithm, Consumer<? super byte[]> whenComplete) {
        DigestSum.newDigest(algorithm);
        Objects.requireNonNull(whenComplete, "whenComplete");
        return assembled(new FluxDigest(this, () -> DigestSum.digesting(algorithm, whenComplete)));
    }

    /**
     * Sums the bytes up, and releases each buffer.
     *
     * @param checksums make a checksum for each subscription, such as {@code CRC32C::new}
     * @return the checksum of all bytes
     */
    public final Mono<Long> checksum(Supplier<? extends Checksum> checksums) {
        Objects.requireNonNull(checksums, "checksums");
        return DigestSum.checksumOf(this, checksums);
    }

    /**
     * Sums the bytes up on their way.
     *
     * @param checksums make a checksum for each subscription, such as {@code CRC32C::new}
     * @param whenComplete gets the checksum of all bytes, before completion is passed on; not if the sequence fails or
     *     is cancelled. If it throws, the sequence fails
     * @return the same buffers
     */
    public final BufferFlux checksum(Supplier<? extends Checksum> checksums, LongConsumer whenComplete) {
        Objects.requireNonNull(checksums, "checksums");
        Objects.requireNonNull(whenComplete, "whenComplete");
        return assembled(new FluxDigest(this, () -> DigestSum.checksumming(checksums, whenComplete)));
    }

    /**
     * Reports how many bytes have passed: {@code progress(Progress.every(Duration.ofSeconds(1)), report -> ...)}.
     *
     * <p>A report comes each time the time has passed since the first request or since the last report, and one more
     * when the sequence has completed, has failed or was cancelled: that always comes, is the last, and says so. It may
     * come a little later than the end itself. Reports do not overlap, and nothing waits for them: a buffer that passes
     * is only counted. What a listener throws goes to {@link reactor.core.publisher.Hooks#onErrorDropped}.
     *
     * @param schedule how often, of how many bytes, and on which scheduler
     * @param listener gets the reports
     * @return the same buffers
     */
    public final BufferFlux progress(ProgressSchedule schedule, Consumer<? super Progress> listener) {
        return assembled(new FluxProgress(this, schedule, listener));
    }

    /**
     * Puts its length before each buffer, for {@link #lengthPrefixed} to read.
     *
     * <p>A length is a buffer of its own, in memory of the same pool; then the buffer passes as it is, unless it is
     * empty. <b>Memory.</b> As {@link #split} says, with room for a buffer of the source and a length. A buffer that is
     * longer than the field can say ends the sequence with {@link ByteLimitException}, and cancels the source.
     *
     * @param fieldBytes how many bytes a length has: 1, 2 or 3, unsigned, or 4 or 8, signed
     * @param order which byte of a length comes first
     * @return lengths and buffers by turns
     * @throws IllegalArgumentException if a length cannot have so many bytes
     */
    public final BufferFlux prefixLengths(int fieldBytes, ByteOrder order) {
        StageLengthPrefixed.checkField(fieldBytes, order);
        return staged("prefixLengths", memory -> new StagePrefixLengths(memory, fieldBytes, order));
    }

    /**
     * Puts a delimiter between the buffers, each of which is a record: after {@link #split}, puts the records together
     * again. Memory as {@link #prefixLengths} says.
     *
     * @param delimiter one or more bytes
     * @return the buffers, and one with the delimiter between each two
     * @throws IllegalArgumentException if the delimiter is empty
     */
    public final BufferFlux joinWith(byte[] delimiter) {
        return delimited("joinWith", delimiter, false);
    }

    /**
     * Puts bytes after each buffer, the last one included: a line feed after each line. Memory as {@link
     * #prefixLengths} says.
     *
     * @param suffix one or more bytes
     * @return the buffers, each followed by one with the suffix
     * @throws IllegalArgumentException if the suffix is empty
     */
    public final BufferFlux suffixEach(byte[] suffix) {
        return delimited("suffixEach", suffix, true);
    }

    private BufferFlux delimited(String name, byte[] delimiter, boolean afterEach) {
        byte[] own = delimiter.clone();
        Arguments.atLeast(1, own.length, "the length of a delimiter");
        return staged(name, memory -> new StageDelimiter(memory, own, afterEach));
    }

    /**
     * Puts bytes before those of this sequence, in a buffer that is taken when it is requested. They come even if the
     * source fails.
     *
     * @param bytes what to begin with; no buffer if there are none
     * @param pool where the buffer comes from; if it has none, the operator waits its turn without a thread
     * @return the bytes, then the buffers
     */
    public final BufferFlux prefix(byte[] bytes, BufferPool pool) {
        byte[] own = bytes.clone();
        Objects.requireNonNull(pool, "pool");
        return staged("prefix", memory -> new StageAffix(memory, own, pool, false));
    }

    /**
     * Puts bytes after those of this sequence, in a buffer that is taken when it is requested and all others have
     * passed. They do not come if the source fails.
     *
     * @param bytes what to end with; no buffer if there are none
     * @param pool where the buffer comes from; if it has none, the operator waits its turn without a thread
     * @return the buffers, then the bytes
     */
    public final BufferFlux suffix(byte[] bytes, BufferPool pool) {
        byte[] own = bytes.clone();
        Objects.requireNonNull(pool, "pool");
        return staged("suffix", memory -> new StageAffix(memory, own, pool, true));
    }

    /**
     * Applies a stage of a program's own that gives buffers.
     *
     * <p>The operator requests one buffer at a time, and only when a result is wanted that the stage cannot give. It
     * emits on the thread that emits to it or requests from it, or, after a wait for memory, where the pipeline goes
     * on.
     *
     * <p>A lambda that names no type, {@code memory -> new VarintStage(memory)}, always means this method.
     *
     * @param name how reports of lost leases call the operator, as {@code BufferFlux.name}
     * @param stages makes a stage for each subscriber
     * @return the results
     */
    @SuppressWarnings("overloads") // said above: the compiler prefers this one
    public final BufferFlux stage(String name, Stage.BufferMaker stages) {
        Objects.requireNonNull(name, "name");
        return staged(name, stages::make);
    }

    /**
     * Applies a stage of a program's own whose results are not buffers.
     *
     * <p>The operator is driven as {@link #stage(String, Stage.BufferMaker)} says. The compiler does not look into a
     * lambda to choose between the two methods: so name the type, as in {@code (StageMemory memory) -> new
     * LineStage()}, or refer to the constructor, {@code LineStage::new}.
     *
     * @param <O> the results, which hold no lease
     * @param name how reports of lost leases call the operator, as {@code BufferFlux.name}
     * @param stages makes a stage for each subscriber
     * @return the results
     */
    @SuppressWarnings("overloads") // a lambda without types means the other one, which is the more specific
    public final <O> Flux<O> stage(String name, Stage.Maker<O> stages) {
        Objects.requireNonNull(name, "name");
        return onAssembly(new FluxStage<O>(this, name, stages::make));
    }

    private BufferFlux staged(String name, Function<? super StageMemory, ? extends Stage<PooledBuffer>> stages) {
        return wrapped(onAssembly(new FluxStage<PooledBuffer>(this, name, stages)));
    }

    /** Lets Reactor's assembly hooks see an operator; what they put around it becomes a {@code BufferFlux} again. */
    static BufferFlux assembled(BufferFlux flux) {
        return wrapped(onAssembly(flux));
    }

    private static BufferFlux wrapped(Flux<PooledBuffer> flux) {
        if (flux instanceof BufferFlux own) {
            return own;
        }
        return flux instanceof Fuseable ? new FluxWrap.Fusing(flux) : new FluxWrap(flux);
    }
}
