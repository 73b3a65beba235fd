/**
 * Pooled buffers as Project Reactor sequences: sources that take memory only when somebody asked for it, operators that
 * pass leases on, and sinks that release them.
 *
 * <pre>{@code
 *   BufferFlux.read(path, pool)          a source: one lease per request, taken when it is its turn
 *       .emitOn(parallel, 4)             an operator: passes leases on
 *       .filter(...)                     any Reactor operator: the result is a plain Flux<PooledBuffer>
 *   BufferFlux.from(...)                 back to a BufferFlux, with the discard hook set for what is above
 *       .consume(fn)                     a sink: releases
 * }</pre>
 *
 * <h2>Ownership</h2>
 * A signal {@code onNext(buffer)} passes the lease on, and with it the duty to release it. Within this package the duty
 * is kept by construction: {@link dev.sluice.flux.BufferFlux#consume consume},
 * {@link dev.sluice.flux.BufferFlux#consumeMany consumeMany} and {@link dev.sluice.flux.BufferFlux#writeTo writeTo}
 * release what they get, whatever happens, and so does a stream of {@link dev.sluice.flux.BufferFlux#toInputStream
 * toInputStream} that is closed; an operator that holds a lease when it is cancelled releases it. Releasing twice does
 * nothing, so in doubt, release.
 *
 * <h2>Demand</h2>
 * A source never has more leases out than its subscriber has requested. It does not read ahead: an operator that
 * requests ahead, such as {@link dev.sluice.flux.BufferFlux#emitOn emitOn} or {@code flatMap}, is the read-ahead, and
 * its prefetch times the chunk size is the memory that the pipeline may hold. Reactor's default prefetch of 256 is 16
 * MiB in chunks of 64 KiB: name a smaller one. When the pool has nothing free, a source waits its turn in the pool
 * without holding a thread.
 *
 * <h2>Where Reactor's operators release, and where they cannot</h2>
 * A Reactor operator that drops an element calls the discard hook of its subscriber's {@code Context}. {@link
 * dev.sluice.flux.BufferFlux#from BufferFlux.from} sets that hook to release, for every operator above it; it cannot
 * reach an operator below it. So bring a sequence back with {@code from} after the last Reactor operator that holds
 * buffers, and end it with a sink of this package.
 *
 * <p>Some operators drop elements and call no hook: {@code publishOn} on cancel, for which {@link
 * dev.sluice.flux.BufferFlux#emitOn emitOn} is the replacement, {@code timeout}, for which {@link
 * dev.sluice.flux.BufferFlux#orTimeout(java.time.Duration) orTimeout} is, {@code flatMapSequential}, for which {@link
 * dev.sluice.flux.BufferFlux#consumeManyOrdered consumeManyOrdered} is, everything that replays or multicasts, for
 * which {@link dev.sluice.flux.BufferFlux#cacheBytes(long) cacheBytes} and {@link
 * dev.sluice.flux.BufferFlux#tee(int, TeePolicy) tee} are; a {@code map}, {@code handle} or {@code doOnNext} whose
 * function throws, {@code concatMap}, {@code switchMap}, {@code buffer}, {@code groupBy}, {@code window}, {@code
 * takeLast}, {@code block(timeout)} and {@code toFuture}; {@code docs/reactor-operators.md} has them all. They lose the
 * lease. Each lease that a source of this package emits is watched by the pool, so the memory comes back when the lost
 * lease has become garbage, with a report that names the source; that is a safety net, not a way to release.
 *
 * <h2>Rooms</h2>
 * The name of each file begins with the name of its room. An operator stands in the file that bears its name.
 *
 * <table class="striped">
 * <caption>Which file to open</caption>
 * <thead><tr><th>room</th><th>files</th><th>what is done there</th></tr></thead>
 * <tbody>
 * <tr><td>API</td><td>{@code BufferFlux BufferMono BufferCache Progress* Digested TeePolicy WriteOption LineOption
 *     InflateOption WaitPolicy Flush Handover
 *     ByteLimit* ByteStream* MalformedBytes* TruncatedBytes* FileTruncated*}</td><td>what users call, set and
 *     catch</td></tr>
 * <tr><td>doors</td><td>{@code ByteSource* ByteRanges ByteSink* Stage FrameAccess}</td><td>where bytes come from, where
 * they go, what
 *     becomes of them</td></tr>
 * <tr><td>loop</td><td>{@code Drain* Handoff Relay*}</td><td>how signals of several threads are served one after the
 *     other</td></tr>
 * <tr><td>memory</td><td>{@code Turn Reserve* MonoAcquire}</td><td>how a subscription waits for memory without a
 *     deadlock</td></tr>
 * <tr><td>sources</td><td>{@code FluxRead* Read* Source*}</td><td>files, channels, streams and memory as
 * buffers</td></tr>
 * <tr><td>frames</td><td>{@code FluxFromFrames FromFrames*}</td><td>buffers of other libraries</td></tr>
 * <tr><td>sinks</td><td>{@code MonoWriteTo WriteTo* Sink* AsyncAnswer ToInputStream*}</td><td>files, channels and
 *     streams that take the bytes</td></tr>
 * <tr><td>stages</td><td>{@code FluxStage MonoStage Stage*}</td><td>operators that make other bytes</td></tr>
 * <tr><td>consume</td><td>{@code FluxConsume* Consume* FluxToByteBuffers
 * HandoverAccount}</td><td>operators that release</td></tr>
 * <tr><td>passing</td><td>{@code FluxEmitOn EmitOn* FluxInFlight FluxOrTimeout FluxProgress FluxDigest
 * Digest*}</td><td>operators that
 *     pass every buffer on</td></tr>
 * <tr><td>sharing</td><td>{@code Hub* FluxTee Tee* FluxCacheBytes Cache* FluxMergeBuffers MergeBuffers*}</td><td>one
 *     source for many subscribers, many sources for one</td></tr>
 * <tr><td>small things</td><td>{@code Arguments Messages File* ForeignCode ThreadLocals Origin FluxWrap
 * MonoWrap}</td><td>what several rooms
 *     use</td></tr>
 * </tbody>
 * </table>
 *
 * <h2>Threads</h2>
 * Every type here is immutable and may be subscribed to many times, from any thread. Blocking file I/O runs on a
 * bounded elastic scheduler, or on the one that is given. A source or an operator that has waited for memory goes on
 * where its source runs, or, where there is no scheduler, on {@link reactor.core.scheduler.Schedulers#parallel()};
 * never on the thread that released the memory. Functions see the thread locals of their subscriber's {@code Context},
 * where {@linkplain reactor.core.publisher.Hooks#enableAutomaticContextPropagation() automatic context propagation} is
 * on.
 */
@NullMarked
package dev.sluice.flux;

import org.jspecify.annotations.NullMarked;
