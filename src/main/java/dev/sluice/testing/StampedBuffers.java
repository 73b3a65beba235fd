package dev.sluice.testing;

import static dev.sluice.testing.Messages.message;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Leases of a pool that reveal code which uses a buffer of another holder, or a buffer that it has released.
 *
 * <p>A lease from {@link #stamped} has a content of its own, for code that reads. A change of that content is found
 * when the lease is {@linkplain #verify verified}, and when it is released. A lease from {@link #blank} is for code
 * that writes. When a lease and all that were retained or sliced from it are released, its memory is overwritten with
 * poison, and kept from the pool for a while, in quarantine:
 *
 * <ul>
 *   <li>a read through a {@code ByteBuffer} that was kept after the release gives poison, and no content of a lease;
 *   <li>a write through one breaks the poison, which is found when the memory leaves the quarantine: when the
 *       quarantine is full, in {@link #verifyAll}, and in {@link #close}.
 * </ul>
 *
 * <p>A fault that is found on another thread is kept, and thrown by the next {@code verifyAll} or {@code close}.
 * Buffers in quarantine count as in flight. Thread-safe.
 */
public final class StampedBuffers implements AutoCloseable {

    private static final int DEFAULT_QUARANTINE = 16;

    private final BufferPool pool;
    private final int quarantine;
    private final AtomicInteger stamps = new AtomicInteger();

    /** Guarded by this, as is all below. */
    private final Set<Loaned> out = new LinkedHashSet<>();

    private final Deque<Loaned> quarantined = new ArrayDeque<>();
    private final List<String> found = new ArrayList<>();

    private StampedBuffers(BufferPool pool, int quarantine) {
        this.pool = pool;
        this.quarantine = quarantine;
    }

    /**
     * Who took a lease, for the report of its loss as well; so it does not refer to the lease.
     *
     * @param stack of the taker, our own frames left out
     */
    private record Taker(int number, List<StackTraceElement> stack) {

        static Taker here(int number) {
            return new Taker(
                    number,
                    StackWalker.getInstance()
                            .walk(frames -> frames.dropWhile(Taker::isOurs)
                                    .map(StackWalker.StackFrame::toStackTraceElement)
                                    .toList()));
        }

        private static boolean isOurs(StackWalker.StackFrame frame) {
            String own = StampedBuffers.class.getName();
            return frame.getClassName().equals(own) || frame.getClassName().startsWith(own + "$");
        }

        String lines() {
            return stack.stream().map(frame -> "\n\tat " + frame).collect(Collectors.joining());
        }

        @Override
        public String toString() {
            return message("stamped buffer %,d, taken at %s", number, stack.get(0));
        }
    }

    /** A lease of ours, of which somebody else has a share. */
    private final class Loaned {

        private final PooledBuffer base;
        private final StampedContent stamp;
        private final int length;
        private final boolean forReading;
        private final Taker taker;

        Loaned(PooledBuffer base, Taker taker, boolean forReading) {
            this.base = base;
            this.taker = taker;
            this.stamp = new StampedContent(taker.number);
            this.length = base.length();
            this.forReading = forReading;
            stamp.write(base.byteBuffer());
        }

        /** Runs on the thread of the last release. A lease that was lost has released the base already. */
        private void comeBack() {
            @Nullable Loaned leaving;
            synchronized (StampedBuffers.this) {
                out.remove(this);
                if (base.isReleased()) {
                    return;
                }
                if (forReading) {
                    check(stamp, "was written to while it was leased for reading");
                }
                StampedContent.POISON.write(base.byteBuffer());
                quarantined.add(this);
                leaving = quarantined.size() > quarantine ? quarantined.remove().checked() : null;
            }
            if (leaving != null) {
                leaving.base.release(); // with no lock held: somebody may wait for it, and go on here
            }
        }

        /** Looks at the poison at the end of the quarantine. */
        private Loaned checked() {
            check(StampedContent.POISON, "was written to after its release");
            return this;
        }

        /** Notes what is wrong with the whole content. */
        private void check(StampedContent expected, String wrong) {
            int at = expected.mismatch(base.byteBuffer(), 0);
            if (at < length) {
                found.add(
                        this + " " + wrong + ": " + difference(base.byteBuffer(), at, expected.at(at)) + taker.lines());
            }
        }

        @Override
        public String toString() {
            return message("buffer %,d, of %,d bytes from pool '%s',", stamp.number(), length, pool.name());
        }
    }

    /**
     * Makes leases of a pool that keeps up to 16 released buffers in quarantine.
     *
     * @param pool where the buffers come from
     * @return nothing leased
     */
    public static StampedBuffers of(BufferPool pool) {
        return of(pool, DEFAULT_QUARANTINE);
    }

    /**
     * Makes leases of a pool.
     *
     * @param pool where the buffers come from
     * @param quarantine how many released buffers to keep from the pool, at least 0
     * @return nothing leased
     * @throws IllegalArgumentException if the quarantine is below 0
     */
    public static StampedBuffers of(BufferPool pool, int quarantine) {
        if (quarantine < 0) {
            throw new IllegalArgumentException(message("the quarantine must be at least 0, not %,d", quarantine));
        }
        return new StampedBuffers(pool, quarantine);
    }

    /**
     * Leases a buffer with a content that no other has, for code that reads it.
     *
     * @param size how many bytes, at least 1
     * @return a lease with this length, whose holder releases it
     * @throws dev.sluice.BufferPoolException as {@link BufferPool#acquire(int)} does
     */
    public PooledBuffer stamped(int size) {
        return lend(size, true);
    }

    /**
     * Leases a buffer for code that writes it; until then, it is full of bytes that nobody has written.
     *
     * @param size how many bytes, at least 1
     * @return a lease with this length, whose holder releases it
     * @throws dev.sluice.BufferPoolException as {@link BufferPool#acquire(int)} does
     */
    public PooledBuffer blank(int size) {
        return lend(size, false);
    }

    private PooledBuffer lend(int size, boolean forReading) {
        Taker taker = Taker.here(stamps.incrementAndGet());
        Loaned loaned = new Loaned(pool.acquire(size, taker), taker, forReading);
        synchronized (this) {
            out.add(loaned);
        }
        return loaned.base.lend(loaned::comeBack);
    }

    /**
     * Verifies that a lease still has the content that it was {@linkplain #stamped stamped} with, or, if it is shorter,
     * a part of it. Leases that were retained or sliced are verified as well.
     *
     * @param lease a lease for reading, or one made from such a lease
     * @throws AssertionError if it has not; the message says which byte is wrong, and whose it is if that is known
     * @throws IllegalArgumentException if it is no such lease
     * @throws dev.sluice.BufferReleasedException if the lease is released
     */
    public synchronized void verify(PooledBuffer lease) {
        Loaned loaned = loanOf(lease);
        ByteBuffer content = lease.readOnlyBuffer();
        boolean whole = content.limit() == loaned.length;
        int wrong = loaned.stamp.mismatch(content, 0);
        if (wrong == content.limit() || (!whole && loaned.stamp.has(content, loaned.length))) {
            return;
        }
        String what = whole
                ? "has not what it was stamped with: " + difference(content, wrong, loaned.stamp.at(wrong))
                : message("has a part of %,d bytes that is none of what it was stamped with", content.limit());
        throw new AssertionError(loaned + " " + what + owner(content) + loaned.taker.lines());
    }

    private Loaned loanOf(PooledBuffer lease) {
        for (Loaned loaned : out) {
            if (loaned.forReading && !loaned.base.isReleased() && loaned.base.sharesMemoryWith(lease)) {
                return loaned;
            }
        }
        throw new IllegalArgumentException(message(
                "this lease of %,d bytes of pool '%s' is not one of the %,d that are out for reading",
                lease.length(),
                lease.pool().name(),
                out.stream().filter(loaned -> loaned.forReading).count()));
    }

    /** Whose content it is, if it is one of ours. */
    private String owner(ByteBuffer content) {
        if (StampedContent.POISON.mismatch(content, 0) == content.limit()) {
            return "; all of it is poison, as of a buffer that was released";
        }
        for (int number = 1; number <= stamps.get(); number++) {
            if (new StampedContent(number).mismatch(content, 0) == content.limit()) {
                return message("; all of it is the content of buffer %,d", number);
            }
        }
        return "";
    }

    private static String difference(ByteBuffer content, int at, byte expected) {
        return message(
                "byte %,d is 0x%02x, not 0x%02x",
                at, Byte.toUnsignedInt(content.get(at)), Byte.toUnsignedInt(expected));
    }

    /**
     * Verifies every buffer that is out for reading, and every one in quarantine, which then goes back to the pool.
     *
     * @throws AssertionError with everything that was found since the last time
     */
    public void verifyAll() {
        List<Loaned> leaving;
        List<String> wrong;
        synchronized (this) {
            for (Loaned loaned : out) {
                if (loaned.forReading && !loaned.base.isReleased()) {
                    loaned.check(loaned.stamp, "was written to while it is leased for reading");
                }
            }
            leaving = quarantined.stream().map(Loaned::checked).toList();
            quarantined.clear();
            wrong = List.copyOf(found);
            found.clear();
        }
        leaving.forEach(loaned -> loaned.base.release());
        if (!wrong.isEmpty()) {
            throw new AssertionError(String.join("\n", wrong));
        }
    }

    /**
     * How many leases are out, those in quarantine not counted.
     *
     * @return leases of which not all shares are released
     */
    public synchronized int out() {
        return out.size();
    }

    /**
     * {@link #verifyAll()}. Leases that are out stay valid, and go back to the pool when they are released.
     *
     * @throws AssertionError with everything that was found since the last time
     */
    @Override
    public void close() {
        verifyAll();
    }

    @Override
    public synchronized String toString() {
        return message("StampedBuffers[%s: %,d out, %,d in quarantine]", pool.name(), out.size(), quarantined.size());
    }
}
