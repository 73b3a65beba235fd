package dev.sluice.flux;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Bytes that lie in several buffers, on their way into one that grows. Owns its lease.
 *
 * <p>It copies, for to hold the buffers instead would pin all of them, however little of each is needed. Only a first
 * buffer that is needed whole is kept as it is until more follows; it may be shared, so it is never written to.
 */
final class StageGather {

    /** So much of a budget is left to others, such as what is read meanwhile. */
    private static final int SPARE_SHARE = 8;

    private final StageMemory memory;
    private final long maxBytes;
    private @Nullable PooledBuffer held;
    private int length;

    /** Whether the lease came from {@link StageMemory}, so that nobody else sees what is written to it. */
    private boolean own;

    /**
     * Starts with nothing.
     *
     * @param maxBytes how many bytes will be added at most, so that no more memory than that is asked for
     */
    StageGather(StageMemory memory, long maxBytes) {
        this.memory = memory;
        this.maxBytes = maxBytes;
        memory.reserveForRecords(maxBytes, Stage.Input.KEPT);
    }

    boolean isEmpty() {
        return held == null;
    }

    int length() {
        return length;
    }

    /**
     * Moves bytes here.
     *
     * @param more how many, at least 1
     * @return false if the memory for them is not there yet: then nothing has changed, and this is called again
     */
    boolean add(StageCursor input, int more) {
        PooledBuffer now = held;
        if (now == null && input.isWhole(more)) {
            held = input.take(more);
            own = false;
            length = more;
            return true;
        }
        int sum = Math.addExact(length, more);
        if (now == null || !own || now.capacity() < sum) {
            BufferPool pool = input.current().pool();
            long inputBytes = input.current().pinnedBytes();
            long heldBytes = inputBytes + (now == null ? 0 : now.pinnedBytes());
            int size = sizeFor(pool, sum, heldBytes, inputBytes);
            PooledBuffer larger = memory.takeLarger(pool, size, sum, heldBytes, maxBytes);
            if (larger == null) {
                return false;
            }
            if (now != null) {
                larger.byteBuffer().put(now.readOnlyBuffer());
                now.release();
            }
            held = larger;
            own = true;
            now = larger;
        }
        ByteBuffer target = now.resize(sum).byteBuffer();
        target.position(length);
        input.copyTo(target);
        length = sum;
        return true;
    }

    /**
     * Twice what is needed, so that growing stays linear; but never more than ever needed, or half of the budget. Where
     * the largest would not fit beside that, as much at once as fits beside what is held.
     */
    private int sizeFor(BufferPool pool, int needed, long heldBytes, long inputBytes) {
        long limit = pool.budget().limit();
        long usable = limit - limit / SPARE_SHARE;
        int largest = (int) Math.min(maxBytes, Math.min(limit, Integer.MAX_VALUE));
        int twice = (int) Math.min(2L * needed, largest);
        if (pool.capacityFor(twice) + inputBytes + pool.capacityFor(largest) <= usable) {
            return (int) Math.max(needed, Math.min(twice, limit / 2));
        }
        long room = usable - heldBytes;
        int size = largest;
        while (size > needed && pool.capacityFor(size) > room) {
            size -= size / SPARE_SHARE + 1;
        }
        return Math.max(needed, size);
    }

    /** Takes out what was gathered, without the last bytes. */
    PooledBuffer take(int dropped) {
        PooledBuffer result = held;
        if (result == null) {
            throw new IllegalStateException("nothing was gathered");
        }
        held = null;
        memory.endGrowth();
        result.resize(length - dropped);
        length = 0;
        return result;
    }

    void release() {
        PooledBuffer now = held;
        if (now != null) {
            held = null;
            length = 0;
            now.release();
        }
    }
}
