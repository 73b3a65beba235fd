package dev.sluice.netty;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledHeapByteBuf;
import java.util.concurrent.atomic.LongAdder;

/** A heap buffer where the pool has direct ones: its bytes are counted, and bounded by nothing but the heap. */
final class AllocatorHeapByteBuf extends UnpooledHeapByteBuf {

    private final LongAdder bytes;

    AllocatorHeapByteBuf(AllocatorOverPool alloc, LongAdder bytes, int initialCapacity, int maxCapacity) {
        super(alloc, initialCapacity, maxCapacity);
        this.bytes = bytes;
        bytes.add(initialCapacity);
    }

    @Override
    public ByteBuf capacity(int newCapacity) {
        int before = capacity();
        super.capacity(newCapacity);
        bytes.add(newCapacity - before);
        return this;
    }

    @Override
    protected void deallocate() {
        bytes.add(-capacity());
        super.deallocate();
    }
}
