package dev.sluice.testing;

import dev.sluice.flux.ByteSink;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A sink under test, and a watch over it: the first thing that is wrong is kept. What was written is destroyed when the
 * sink says so, as the next holder of the memory would.
 */
final class ContractSink implements ByteSink {

    /** The sinks of one opener together. */
    static final class Watch implements ByteSink.Opener {

        private final ByteSink.Opener opener;
        private final AtomicInteger opened = new AtomicInteger();
        private final AtomicInteger committed = new AtomicInteger();
        private final AtomicInteger aborted = new AtomicInteger();
        private volatile @Nullable String fault;

        Watch(ByteSink.Opener opener) {
            this.opener = opener;
        }

        @Override
        public ByteSink open(Runnable answered) throws Exception {
            ByteSink sink = opener.open(answered);
            if (sink == null) {
                throw new AssertionError("the opener gave null");
            }
            opened.incrementAndGet();
            return new ContractSink(sink, this);
        }

        int committed() {
            return committed.get();
        }

        boolean haveAllEnded() {
            return committed.get() + aborted.get() == opened.get();
        }

        void verify() {
            String found = fault;
            if (found != null) {
                throw new AssertionError(found);
            }
        }

        @Override
        public String toString() {
            return Messages.message(
                    "%,d sinks opened, %,d committed, %,d aborted", opened.get(), committed.get(), aborted.get());
        }
    }

    private final ByteSink sink;
    private final Watch watch;

    /** The copies that the sink sees; null while no write is under way. */
    private ByteBuffer @Nullable [] copies;

    /** The memory behind the copies. */
    private ByteBuffer[] memory = {};

    private ContractSink(ByteSink sink, Watch watch) {
        this.sink = sink;
        this.watch = watch;
    }

    @Override
    public boolean write(ByteBuffer bytes) throws IOException {
        return write(new ByteBuffer[] {bytes}, 0, 1);
    }

    @Override
    public boolean write(ByteBuffer[] bytes, int offset, int length) throws IOException {
        ByteBuffer[] now = copies;
        if (now == null) {
            now = copied(bytes, offset, length);
            copies = now;
        }
        ByteBuffer[] views = now;
        boolean done = length == 1 ? sink.write(views[0]) : sink.write(views, 0, length);
        if (!done) {
            return false;
        }
        copies = null;
        for (int i = 0; i < length; i++) {
            if (views[i].hasRemaining()) {
                watch.fault =
                        Messages.message("a write left %,d bytes, and said that it was done", views[i].remaining());
            }
            bytes[offset + i].position(bytes[offset + i].limit());
        }
        for (ByteBuffer used : memory) {
            for (int i = 0; i < used.capacity(); i++) {
                used.put(i, (byte) 0x5a);
            }
        }
        return true;
    }

    private ByteBuffer[] copied(ByteBuffer[] bytes, int offset, int length) {
        memory = new ByteBuffer[length];
        ByteBuffer[] views = new ByteBuffer[length];
        for (int i = 0; i < length; i++) {
            ByteBuffer from = bytes[offset + i];
            memory[i] =
                    ByteBuffer.allocate(from.remaining()).put(from.duplicate()).flip();
            views[i] = memory[i].asReadOnlyBuffer();
        }
        return views;
    }

    @Override
    public void commit() throws IOException {
        sink.commit();
        watch.committed.incrementAndGet();
    }

    @Override
    public void abort() throws IOException {
        watch.aborted.incrementAndGet();
        sink.abort();
    }
}
