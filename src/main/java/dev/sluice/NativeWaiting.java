package dev.sluice;

import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The memory of one pool that was dropped and waits for the collector, as on Java 17 to 21. In silence the collector
 * has no reason to run, because nothing is allocated: so once the pool is silent and much waits, it is asked to.
 *
 * <p>Each piece is known by a weak reference, so that what the collector found by itself does not wait any more.
 * It is asked once for the same memory: what is still there afterwards is held by a stale view, or the JVM does not
 * collect when it is asked.
 */
final class NativeWaiting {

    /** Less is not worth a collection, which looks at the whole heap. */
    static final long WORTH_COLLECTING_BYTES = 16 << 20;

    /** The pool is silent if it leases, between two looks, no more than this share of what waits. */
    private static final int USED_SHARE = 4;

    /** A look that gives back more than this share of what waits is likely to be followed by another such look. */
    private static final int FREED_SHARE = 32;

    /** How many looks follow a collection, to find out what it freed and to have the C library trimmed. */
    private static final int LOOKS_AFTER = 2;

    /** Asks the collector, or says that it was asked not long ago; null if the pool may not. */
    private final @Nullable BooleanSupplier collector;

    private final ReferenceQueue<ByteBuffer> collected = new ReferenceQueue<>();

    /** Guarded by this, as what follows. */
    private final Set<Dropped> dropped = new HashSet<>();

    private long bytesNotAskedFor;
    private int looksLeft;

    NativeWaiting(@Nullable BooleanSupplier collector) {
        this.collector = collector;
    }

    /** What was allocated in one piece, and is in no slab any more. */
    private static final class Dropped extends WeakReference<ByteBuffer> {

        final int bytes;
        boolean askedFor;

        Dropped(ByteBuffer whole, ReferenceQueue<ByteBuffer> collected) {
            super(whole, collected);
            this.bytes = whole.capacity();
        }
    }

    /** Takes note of memory that nobody uses; says whether a look should follow. */
    synchronized boolean add(ByteBuffer whole) {
        forgetCollected();
        Dropped added = new Dropped(whole, collected);
        dropped.add(added);
        bytesNotAskedFor += added.bytes;
        return wantsLook();
    }

    /** Whether a look at this pool is of use though nothing is idle. */
    synchronized boolean wantsLook() {
        return collector != null && (bytesNotAskedFor >= WORTH_COLLECTING_BYTES || looksLeft > 0);
    }

    /**
     * Asks the collector if much waits and the pool is silent.
     *
     * @param usedBytes what was leased since the last look
     * @param freedBytes what this look gave back
     * @return for how many bytes it was asked; 0 if it was not
     */
    long look(long usedBytes, long freedBytes) {
        List<Dropped> before;
        synchronized (this) {
            forgetCollected();
            looksLeft = Math.max(0, looksLeft - 1);
            if (collector == null
                    || bytesNotAskedFor < WORTH_COLLECTING_BYTES
                    || usedBytes > bytesNotAskedFor / USED_SHARE
                    || freedBytes > bytesNotAskedFor / FREED_SHARE) {
                return 0;
            }
            before = new ArrayList<>(dropped);
        }
        return collector.getAsBoolean() ? noteAsked(before) : 0;
    }

    /** Which may have gone meanwhile, or not yet; what was dropped after the decision was not asked for. */
    private synchronized long noteAsked(List<Dropped> before) {
        long bytes = 0;
        for (Dropped one : before) {
            if (!one.askedFor) {
                one.askedFor = true;
                bytes += one.bytes;
                bytesNotAskedFor -= dropped.contains(one) ? one.bytes : 0;
            }
        }
        looksLeft = LOOKS_AFTER;
        return bytes;
    }

    private void forgetCollected() {
        for (Reference<?> one = collected.poll(); one != null; one = collected.poll()) {
            Dropped gone = (Dropped) one;
            dropped.remove(gone);
            bytesNotAskedFor -= gone.askedFor ? 0 : gone.bytes;
            NativeTrim.freed(gone.bytes);
        }
    }

    /** The collector of this JVM, which is asked at most once a minute by all pools together. */
    static final class Collector implements BooleanSupplier {

        static final Collector INSTANCE = new Collector(System::gc);

        private static final long REST_NANOS = 60_000_000_000L;
        private static final long NEVER = Long.MIN_VALUE;

        private final Runnable collection;
        private final AtomicLong askedNanos = new AtomicLong(NEVER);

        Collector(Runnable collection) {
            this.collection = collection;
        }

        /** Of several that ask at once, one is heard. */
        @Override
        public boolean getAsBoolean() {
            long now = System.nanoTime();
            long last = askedNanos.get();
            if ((last != NEVER && now - last < REST_NANOS) || !askedNanos.compareAndSet(last, now)) {
                return false;
            }
            collection.run();
            return true;
        }
    }
}
