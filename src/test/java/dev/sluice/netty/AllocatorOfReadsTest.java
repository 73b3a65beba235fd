package dev.sluice.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.BufferPool;
import dev.sluice.InvalidSizeException;
import dev.sluice.PooledBuffer;
import io.netty.buffer.ByteBuf;
import io.netty.channel.RecvByteBufAllocator.ExtendedHandle;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.test.util.RaceTestUtils;

/** How much a connection reads at once, driven as a transport drives it. */
class AllocatorOfReadsTest {

    private static final int LIMIT = 8 << 20;

    private final BufferPool pool = BufferPool.builder().maxBytes(LIMIT).build();
    private final BufferPoolAllocator alloc = NettyBuffers.allocator(pool);
    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final List<ByteBuf> read = new ArrayList<>();
    private ExtendedHandle handle;

    @BeforeEach
    void open() {
        handle = (ExtendedHandle) AllocatorOfReads.of(alloc).newHandle();
        handle.reset(channel.config());
    }

    @AfterEach
    void nothingIsLeft() {
        read.forEach(ByteBuf::release);
        channel.close();
        assertThat(pool.stats().buffersInUse()).as("in flight in %s", pool).isZero();
        assertThat(alloc.overflow().stats().buffersInUse()).as("overflow").isZero();
    }

    /** One read of a transport: a buffer, what came, and the word of both. */
    private ByteBuf read(int bytes) {
        ByteBuf buffer = handle.allocate(alloc);
        handle.attemptedBytesRead(buffer.writableBytes());
        buffer.writeZero(Math.min(bytes, buffer.writableBytes()));
        handle.lastBytesRead(buffer.readableBytes());
        handle.incMessagesRead(1);
        read.add(buffer);
        return buffer;
    }

    private ByteBuf readFull() {
        return read(Integer.MAX_VALUE);
    }

    private void releaseAll() {
        read.forEach(ByteBuf::release);
        read.clear();
    }

    private void growToMost() {
        readFull();
        readFull();
        readFull();
        readFull();
        releaseAll();
    }

    private int endRead() {
        handle.readComplete();
        handle.reset(channel.config());
        return handle.guess();
    }

    @Test
    void aFullBufferMakesTheNextFourTimesAsLarge() {
        assertThat(handle.guess()).isEqualTo(2 << 10);
        readFull();
        assertThat(handle.continueReading()).isTrue();
        assertThat(handle.guess()).isEqualTo(8 << 10);
        readFull();
        assertThat(endRead()).isEqualTo(32 << 10);
        assertThat(readFull().readableBytes()).isEqualTo(32 << 10);
        readFull();
        assertThat(endRead()).as("no more than").isEqualTo(256 << 10);
        assertThat(pool.stats().bytesInUse()).as("no waste").isEqualTo((2 + 8 + 32 + 128) << 10);
    }

    @Test
    void aSmallReadMakesTheNextSmallAtOnce() {
        growToMost();
        read(80 << 10);
        releaseAll();
        assertThat(endRead()).as("after more than a quarter").isEqualTo(256 << 10);
        read(5000);
        assertThat(endRead()).isEqualTo(8 << 10);
        read(100);
        assertThat(endRead()).as("no less than").isEqualTo(1 << 10);
        read(100);
        assertThat(endRead()).isEqualTo(1 << 10);
    }

    @Test
    void messagesOfOneSizeKeepTheirSize() {
        for (int i = 0; i < 10; i++) {
            read(2048);
            handle.readComplete();
            handle.reset(channel.config());
        }
        int settled = handle.guess();
        read(2048);
        assertThat(endRead()).isEqualTo(settled);
    }

    @Test
    void aReadPinsLessThanFourTimesWhatItBrought() {
        growToMost();
        ByteBuf buffer = read(100);
        assertThat(buffer.readableBytes()).isEqualTo(100);
        assertThat(pool.stats().bytesInUse()).isEqualTo(112);
        buffer.writeZero(1000);
        assertThat(buffer.readableBytes()).as("whoever appends can").isEqualTo(1100);
    }

    @Test
    void theEndOfTheStreamPinsNothing() {
        ByteBuf buffer = handle.allocate(alloc);
        handle.attemptedBytesRead(buffer.writableBytes());
        handle.lastBytesRead(-1);
        assertThat(handle.continueReading()).isFalse();
        buffer.release();
        handle.readComplete();
        assertThat(handle.guess()).isEqualTo(2 << 10);
    }

    @Test
    void whileThePoolHasNothingReadsAreSmallAndSingle() {
        readFull();
        readFull();
        releaseAll();
        assertThat(handle.guess()).isEqualTo(32 << 10);
        PooledBuffer all = pool.acquire(LIMIT);
        ByteBuf first = readFull();
        assertThat(first.capacity()).as("what nobody could foresee").isEqualTo(32 << 10);
        assertThat(handle.continueReading()).isFalse();
        handle.readComplete();
        handle.reset(channel.config());
        ByteBuf second = readFull();
        assertThat(second.readableBytes()).as("goes on").isEqualTo(2 << 10);
        assertThat(handle.continueReading()).isFalse();
        assertThat(handle.guess()).isEqualTo(2 << 10);
        all.release();
        assertThat(handle.guess()).as("until the overflow is back").isEqualTo(2 << 10);
        first.release();
        second.release();
        read.clear();
        assertThat(endRead()).as("remembered").isEqualTo(128 << 10);
    }

    @Test
    void theFullerTheOverflowTheSmallerTheReads() {
        PooledBuffer all = pool.acquire(LIMIT);
        assertThat(guessAfterOverflow(1 << 10)).isEqualTo(2 << 10);
        assertThat(guessAfterOverflow(4 << 20)).isEqualTo(1 << 10);
        assertThat(guessAfterOverflow(4 << 20)).isEqualTo(512);
        assertThat(guessAfterOverflow(4 << 20)).isEqualTo(256);
        all.release();
        releaseAll();
        assertThat(handle.guess()).isEqualTo(2 << 10);
    }

    private int guessAfterOverflow(int bytes) {
        read.add(alloc.buffer(bytes));
        return handle.guess();
    }

    @Test
    void aConnectionNobodyListensToReadsLess() {
        growToMost();
        assertThat(handle.guess()).isEqualTo(256 << 10);
        readFull();
        assertThat(handle.continueReading()).isFalse();
        assertThat(handle.guess()).isEqualTo(8 << 10);
        for (int i = 0; i < 31; i++) {
            readFull();
        }
        assertThat(pool.stats().bytesInUse()).as("32 frames").isEqualTo((256 + 31 * 8) << 10);
        ExtendedHandle other = (ExtendedHandle) AllocatorOfReads.of(alloc).newHandle();
        assertThat(other.guess()).as("of another connection").isEqualTo(2 << 10);
        releaseAll();
        assertThat(handle.guess()).as("when it is heard").isEqualTo(256 << 10);
    }

    @Test
    void connectionsShareAQuarterOfThePool() {
        AllocatorOfReads receive = ofOneThatSendsMuch();
        assertThat(endRead()).as("alone").isEqualTo(256 << 10);
        List<ByteBuf> others = heldByOthers(receive, 64);
        assertThat(endRead()).as("beside 64 that hold something").isEqualTo(LIMIT / 4 / 64);
        readFull();
        assertThat(handle.continueReading()).as("with its share").isFalse();
        assertThat(endRead()).isEqualTo(1 << 10);
        releaseAll();
        assertThat(endRead()).as("heard").isEqualTo(LIMIT / 4 / 64);
        others.forEach(ByteBuf::release);
        assertThat(endRead()).as("alone again").isEqualTo(256 << 10);
    }

    /** Whoever turns the account of a connection from nothing to something counts it, and whoever turns it back. */
    @Test
    void releasesOnOtherThreadsCountConnectionsRight() {
        AllocatorOfReads receive = ofOneThatSendsMuch();
        for (int round = 0; round < 2_000; round++) {
            ByteBuf one = handle.allocate(alloc);
            RaceTestUtils.race(one::release, () -> handle.allocate(alloc).release());
        }
        List<ByteBuf> others = heldByOthers(receive, 32);
        assertThat(endRead()).as("not one too many").isEqualTo(LIMIT / 4 / 32);
        others.addAll(heldByOthers(receive, 1));
        assertThat(endRead()).as("nor too few").isEqualTo(LIMIT / 4 / 64);
        others.forEach(ByteBuf::release);
    }

    private AllocatorOfReads ofOneThatSendsMuch() {
        AllocatorOfReads receive = AllocatorOfReads.of(alloc);
        handle = (ExtendedHandle) receive.newHandle();
        handle.reset(channel.config());
        growToMost();
        return receive;
    }

    private List<ByteBuf> heldByOthers(AllocatorOfReads receive, int connections) {
        List<ByteBuf> held = new ArrayList<>();
        for (int i = 0; i < connections; i++) {
            held.add(receive.newHandle().allocate(alloc));
        }
        return held;
    }

    @Test
    void readsStopWithAutoRead() {
        readFull();
        assertThat(handle.continueReading()).isTrue();
        channel.config().setAutoRead(false);
        assertThat(handle.continueReading()).isFalse();
        channel.config().setAutoRead(true);
        read(10);
        assertThat(handle.continueReading()).as("after a read that left room").isFalse();
        assertThat(handle.continueReading(() -> true)).isTrue();
        for (int i = 0; i < 14; i++) {
            releaseAll();
            readFull();
        }
        assertThat(handle.continueReading()).as("after 16 reads").isFalse();
    }

    @Test
    void aSmallPoolServesSeveralConnections() {
        assertThat(mostOf(64 << 10)).isEqualTo(2 << 10);
        assertThat(mostOf(1 << 20)).isEqualTo(32 << 10);
        assertThat(mostOf(3_000_000)).isEqualTo(64 << 10);
        assertThat(mostOf(6_000_000)).isEqualTo(128 << 10);
        assertThat(mostOf(Long.MAX_VALUE)).isEqualTo(256 << 10);
        assertThat(mostOf(1000)).isEqualTo(1 << 10);
    }

    private int mostOf(long limit) {
        BufferPoolAllocator small =
                NettyBuffers.allocator(BufferPool.builder().maxBytes(limit).build());
        ExtendedHandle reads = (ExtendedHandle) AllocatorOfReads.of(small).newHandle();
        for (int i = 0; i < 10; i++) {
            int guess = reads.guess();
            reads.attemptedBytesRead(guess);
            reads.lastBytesRead(guess);
        }
        return reads.guess();
    }

    @Test
    void beyondTheOverflowAReadFailsForIo() {
        BufferPool tiny = BufferPool.builder().name("tiny").maxBytes(1000).build();
        PooledBuffer all = tiny.acquire(1000);
        BufferPool none = BufferPool.builder().name("none").maxBytes(64).build();
        BufferPoolAllocator exhausted = NettyBuffers.allocator(tiny, none);
        handle = (ExtendedHandle) AllocatorOfReads.of(exhausted).newHandle();
        assertThatThrownBy(() -> handle.allocate(exhausted))
                .isInstanceOf(IOException.class)
                .hasMessage("nothing to read into: pool 'none' can never grant 1,024 bytes:"
                        + " the limit of its budget is 64")
                .hasCauseInstanceOf(InvalidSizeException.class);
        all.release();
    }

    @Test
    void needsAnAllocator() {
        assertThatThrownBy(() -> AllocatorOfReads.of(null)).hasMessage("allocator");
    }
}
