package dev.sluice.testing;

import static dev.sluice.testing.Messages.message;

import dev.sluice.flux.ByteSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A source under test, and a watch over what it and its reader do: the first thing that is wrong is kept. */
final class ContractSource implements ByteSource {

    /** The sources of one opener together. */
    static final class Watch implements ByteSource.Opener {

        private final ByteSource.Opener opener;
        private final AtomicInteger opened = new AtomicInteger();
        private final AtomicInteger closed = new AtomicInteger();
        private volatile @Nullable String fault;

        Watch(ByteSource.Opener opener) {
            this.opener = opener;
        }

        @Override
        public ByteSource open(Runnable answered) throws Exception {
            AtomicInteger awaited = new AtomicInteger();
            ByteSource source = opener.open(() -> {
                if (awaited.decrementAndGet() < 0) {
                    wrong("the source ran `answered` without a read that ended LATER, or twice for one");
                }
                answered.run();
            });
            if (source == null) {
                throw new AssertionError("the opener gave null");
            }
            opened.incrementAndGet();
            return new ContractSource(source, this, awaited);
        }

        void wrong(String what) {
            if (fault == null) {
                fault = what;
            }
        }

        int opened() {
            return opened.get();
        }

        boolean areAllClosed() {
            return closed.get() == opened.get();
        }

        void verify() {
            String found = fault;
            if (found != null) {
                throw new AssertionError(found);
            }
        }

        @Override
        public String toString() {
            return message("%,d sources opened, %,d closed", opened.get(), closed.get());
        }
    }

    private final ByteSource source;
    private final Watch watch;
    private final AtomicInteger awaited;
    private long left;
    private int closings;

    /** Whether the last read ended so: what it brought is in the target before the next one begins. */
    private boolean later;

    private ContractSource(ByteSource source, Watch watch, AtomicInteger awaited) {
        this.source = source;
        this.watch = watch;
        this.awaited = awaited;
        this.left = source.sizeBytes();
    }

    @Override
    public long remainingBytes() {
        long remaining = source.remainingBytes();
        if (remaining < 0) {
            watch.wrong(message("remainingBytes() is %,d", remaining));
        }
        return remaining;
    }

    @Override
    public long sizeBytes() {
        return source.sizeBytes();
    }

    @Override
    public boolean isAtEnd() {
        return source.isAtEnd();
    }

    @Override
    public boolean fillsChunks() {
        return source.fillsChunks();
    }

    @Override
    public boolean isAtHand() {
        return source.isAtHand();
    }

    @Override
    public long pauseNanos() throws IOException {
        return source.pauseNanos();
    }

    @Override
    public Read read(ByteBuffer target) throws IOException {
        int position = target.position();
        int limit = target.limit();
        long announced = source.remainingBytes();
        awaited.incrementAndGet(); // an answer may come before the read returns
        Read read = source.read(target);
        boolean goesOn = later;
        later = read == Read.LATER;
        if (later) {
            return read;
        }
        if (awaited.decrementAndGet() < 0) {
            watch.wrong("the source ran `answered` within a read that did not end LATER");
        }
        int count = target.position() - position;
        if (count < 0 || target.limit() != limit) {
            watch.wrong(message(
                    "a read moved the target from position %,d and limit %,d to %,d and %,d",
                    position, limit, target.position(), target.limit()));
        } else if (count > announced || (left != UNKNOWN && count > left)) {
            watch.wrong(message("a read gave %,d bytes, of %,d announced", count, Math.min(announced, left)));
        } else if (read == Read.ON && count == 0 && target.hasRemaining() && !goesOn) {
            watch.wrong("a read put nothing in and said ON");
        }
        left = left == UNKNOWN ? UNKNOWN : left - Math.max(0, count);
        return read;
    }

    @Override
    public void interrupt() {
        source.interrupt();
    }

    @Override
    public void closeAtEnd() throws IOException {
        close(source::closeAtEnd);
    }

    @Override
    public void close() throws IOException {
        close(source::close);
    }

    private void close(Closing closing) throws IOException {
        if (++closings > 1) {
            watch.wrong("closed twice");
        }
        try {
            closing.run();
        } finally {
            watch.closed.incrementAndGet();
        }
    }

    private interface Closing {
        void run() throws IOException;
    }
}
