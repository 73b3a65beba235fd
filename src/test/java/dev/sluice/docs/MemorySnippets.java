package dev.sluice.docs;

import dev.sluice.BufferPool;
import dev.sluice.Demand;
import dev.sluice.PooledBuffer;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;

/** The code of {@code docs/memory.md}. */
final class MemorySnippets {

    private MemorySnippets() {}

    static byte recycled(BufferPool pool) {
        byte seen;
        // tag::recycled
        try (PooledBuffer first = pool.acquire(100)) {
            first.byteBuffer().put(0, (byte) 7);
        }
        try (PooledBuffer second = pool.acquire(100)) {
            seen = second.byteBuffer().get(0); // 7, if it is the same slot
        }
        // end::recycled
        return seen;
    }

    static void wiping(PooledBuffer buffer) {
        // tag::wiping
        ByteBuffer all = buffer.resize(buffer.capacity()).byteBuffer();
        while (all.remaining() >= Long.BYTES) {
            all.putLong(0);
        }
        while (all.hasRemaining()) {
            all.put((byte) 0);
        }
        buffer.release();
        // end::wiping
    }

    static ByteBuffer keptTooLong(BufferPool pool) {
        // tag::keptTooLong
        PooledBuffer buffer = pool.acquire(4096);
        ByteBuffer view = buffer.byteBuffer();
        buffer.release();

        view.put(0, (byte) 1); // wrong: the memory may be another holder's by now
        // end::keptTooLong
        return view;
    }

    static void keptHeader(PooledBuffer frame, Queue<PooledBuffer> headers) {
        // tag::keptHeader
        try (PooledBuffer header = frame.slice(0, 100)) {
            headers.add(header.copy()); // pins 112 bytes, not 64 KiB
        }
        frame.release();
        // end::keptHeader
    }

    static BufferPool keepingSome() {
        // tag::keepingSome
        BufferPool pool = BufferPool.builder()
                .maxBytes(256L << 20)
                .minIdleBytes(16L << 20)
                .build();
        // end::keepingSome
        return pool;
    }

    static long givingBack(BufferPool pool) {
        // tag::givingBack
        long unneeded = pool.shrink(); // what present use and demand do not justify
        long all = pool.clear(); // all that is idle
        // end::givingBack
        return unneeded + all;
    }

    static long tellingDemand(BufferPool pool) {
        long told;
        // tag::tellingDemand
        try (Demand demand = pool.demand(64 << 10)) {
            demand.add(8); // eight buffers of 64 KiB are wanted
            told = pool.stats().demandBytes();
            demand.add(-1); // one has been given
        }
        // end::tellingDemand
        return told;
    }

    static BufferPool freeingAtOnce() {
        // tag::freeingAtOnce
        BufferPool pool =
                BufferPool.builder().maxBytes(256L << 20).unsafeFree(true).build();
        // end::freeingAtOnce
        return pool;
    }

    static PooledBuffer named(BufferPool pool) {
        // tag::named
        PooledBuffer buffer = pool.acquire(4096, "frame decoder"); // always watched
        buffer.touch("queued for the parser");
        // end::named
        return buffer;
    }

    // tag::burst
    static void burst(BufferPool pool, int buffers) {
        List<PooledBuffer> leases = new ArrayList<>();
        for (int i = 0; i < buffers; i++) {
            PooledBuffer buffer = pool.acquire(64 << 10);
            ByteBuffer bytes = buffer.byteBuffer();
            while (bytes.hasRemaining()) {
                bytes.putLong(i); // the system provides memory when it is written
            }
            leases.add(buffer);
        }
        leases.forEach(PooledBuffer::release);
    }
    // end::burst
}
