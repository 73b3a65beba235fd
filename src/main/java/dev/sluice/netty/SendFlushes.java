package dev.sluice.netty;

import dev.sluice.PooledBuffer;
import io.netty.buffer.ByteBuf;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Predicate;

/**
 * After which buffers to flush. It is asked before a buffer is handed over, for reactor-netty asks when the buffer is
 * written, and may be released by then: a mark has to do. Marks are in the order of the buffers, and so are the
 * questions.
 */
final class SendFlushes implements Predicate<ByteBuf> {

    private final Predicate<? super PooledBuffer> flushAfter;
    private final Queue<ByteBuf> marks = new ConcurrentLinkedQueue<>();

    SendFlushes(Predicate<? super PooledBuffer> flushAfter) {
        this.flushAfter = flushAfter;
    }

    ByteBuf marked(PooledBuffer buffer, ByteBuf bytes) {
        if (flushAfter.test(buffer)) {
            marks.add(bytes);
        }
        return bytes;
    }

    @Override
    public boolean test(ByteBuf written) {
        if (marks.peek() != written) {
            return false;
        }
        marks.remove();
        return true;
    }
}
