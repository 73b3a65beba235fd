package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.PoolDump.Holding;
import dev.sluice.PoolDump.Size;
import dev.sluice.PoolDump.Waiting;
import dev.sluice.testing.VirtualPoolClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who holds and who waits, as a stuck process shows it. */
class PoolDumpTest {

    private static final int KIB = 1 << 10;

    private final VirtualPoolClock clock = VirtualPoolClock.create();
    private final MemoryBudget budget = MemoryBudget.of("house", 64 * KIB);
    private final BufferPool pool = pool("lake");
    private final List<PooledBuffer> held = new ArrayList<>();
    private final List<CompletableFuture<PooledBuffer>> requests = new ArrayList<>();

    private BufferPool pool(String name) {
        return BufferPool.builder().name(name).budget(budget).clock(clock).build();
    }

    @AfterEach
    void nothingIsLeft() {
        requests.forEach(request -> request.cancel(false));
        held.forEach(PooledBuffer::release);
        PoolInvariants.assertNothingLeft(pool);
        PoolDump empty = pool.dump();
        assertThat(empty.sizes()).isEmpty();
        assertThat(empty.oldest()).isEmpty();
        assertThat(empty.waiting()).isEmpty();
        assertThat(empty.complete()).isTrue();
    }

    private void holdAfter(long millis, PooledBuffer buffer) {
        held.add(buffer);
        clock.advance(Duration.ofMillis(millis));
    }

    @Test
    void watchedLeasesAreListedOldestFirst() {
        holdAfter(1_000, pool.acquire(100, "first").touch("queued"));
        holdAfter(500, pool.acquire(2_000, "second"));
        holdAfter(250, held.get(0).slice(10, 20).touch("parsed"));
        List<Holding> oldest = pool.dump().oldest();
        assertThat(oldest)
                .filteredOn(lease -> !lease.shared())
                .containsExactly(
                        new Holding(100, 112, false, Duration.ofMillis(1_750), "first", List.of(), "queued"),
                        new Holding(2_000, 2 * KIB, false, Duration.ofMillis(750), "second", List.of(), null));
        assertThat(oldest)
                .filteredOn(Holding::shared)
                .containsExactly(new Holding(20, 112, true, Duration.ofMillis(1_750), "first", List.of(), "parsed"));
        assertThat(oldest).extracting(Holding::age).isSortedAccordingTo((a, b) -> b.compareTo(a));
    }

    @Test
    void aLeaseWithoutAHolderShowsWhereItWasTaken() {
        held.add(pool.acquire(100));
        Holding lease = pool.dump().oldest().get(0);
        assertThat(lease.holder()).isNull();
        assertThat(lease.place()).contains("PoolDumpTest.aLeaseWithoutAHolderShowsWhereItWasTaken(");
    }

    @Test
    void unwatchedLeasesAreCountedBySize() {
        for (int i = 0; i < 6; i++) {
            held.add(pool.acquire(1_000)); // one of each slab is watched: of 1, 1, 2 and 4
        }
        held.add(pool.acquire(100, "me"));
        held.add(held.get(6).retain());
        assertThat(pool.dump().sizes()).containsExactly(new Size(112, 1, 1), new Size(KIB, 6, 4));
    }

    @Test
    void leasesOfOtherPoolsAreNotListed() {
        BufferPool other = pool("river");
        PooledBuffer foreign = other.acquire(100, "somebody else");
        held.add(pool.acquire(100, "me"));
        assertThat(pool.dump().oldest()).extracting(Holding::holder).containsExactly("me");
        assertThat(other.dump().oldest()).extracting(Holding::holder).containsExactly("somebody else");
        foreign.release();
        PoolInvariants.assertNothingLeft(other, poolAtRest());
    }

    private BufferPool poolAtRest() {
        held.forEach(PooledBuffer::release);
        return pool;
    }

    @Test
    void requestsAreListedOldestFirstWithWhatTheyWaitFor() {
        held.add(pool.acquire(64 * KIB, "greedy"));
        requests.add(pool.request(100, null, "patient"));
        clock.advance(Duration.ofSeconds(2));
        requests.add(pool.request(2_000));
        clock.advance(Duration.ofSeconds(1));
        String full = "budget 'house' has used " + Numbers.grouped(64 * KIB) + " of its " + Numbers.grouped(64 * KIB)
                + " bytes";
        assertThat(pool.dump().waiting())
                .containsExactly(
                        new Waiting(100, Duration.ofSeconds(3), "patient", full),
                        new Waiting(2_000, Duration.ofSeconds(1), null, full));
    }

    @Test
    void listsAreBoundedAndKeepTheOldest() {
        for (int i = 0; i < PoolDump.MAX_LISTED + 30; i++) {
            holdAfter(1, pool.acquire(64, "holder " + i));
        }
        held.add(pool.acquire(48 * KIB, "the rest"));
        while (pool.tryAcquire(64).map(held::add).isPresent()) {
            assertThat(held).hasSizeLessThan(2_000);
        }
        for (int i = 0; i < PoolDump.MAX_LISTED + 30; i++) {
            requests.add(pool.request(64, null, "request " + i));
            clock.advance(Duration.ofMillis(1));
        }
        PoolDump dump = pool.dump();
        assertThat(dump.oldest()).hasSize(PoolDump.MAX_LISTED);
        assertThat(dump.oldest().get(0).holder()).isEqualTo("holder 0");
        assertThat(dump.oldest().get(PoolDump.MAX_LISTED - 1).holder())
                .isEqualTo("holder " + (PoolDump.MAX_LISTED - 1));
        assertThat(dump.waiting()).hasSize(PoolDump.MAX_LISTED);
        assertThat(dump.waiting().get(PoolDump.MAX_LISTED - 1).holder())
                .isEqualTo("request " + (PoolDump.MAX_LISTED - 1));
        assertThat(dump.stats().pending()).isEqualTo(PoolDump.MAX_LISTED + 30);
    }

    @Test
    void moreWatchedLeasesThanAreLookedAt() {
        PooledBuffer one = pool.acquire(64, "the oldest");
        held.add(one);
        clock.advance(Duration.ofMillis(1));
        for (int i = 0; i < 5_000; i++) {
            held.add(one.retain());
        }
        PoolDump dump = pool.dump();
        assertThat(dump.complete()).isFalse();
        assertThat(dump.oldest())
                .hasSize(PoolDump.MAX_LISTED)
                .extracting(Holding::holder)
                .containsOnly("the oldest");
        assertThat(dump.toString()).contains("more leases are watched than were looked at");
    }

    @ParameterizedTest
    @ValueSource(classes = {IllegalStateException.class, StackOverflowError.class, AssertionError.class})
    void aHolderWhoseTextThrowsDoesNotSpoilTheRest(Class<? extends Throwable> type) {
        held.add(pool.acquire(64, new Object() {
            @Override
            public String toString() {
                if (type == AssertionError.class) {
                    throw new AssertionError("no text");
                } else if (type == StackOverflowError.class) {
                    throw new StackOverflowError("no text");
                }
                throw new IllegalStateException("no text");
            }
        }));
        held.add(pool.acquire(64, "me"));
        assertThat(pool.dump().oldest())
                .extracting(Holding::holder)
                .containsExactlyInAnyOrder(
                        "dev.sluice.PoolDumpTest$1, whose text cannot be had: " + type.getName() + ": no text", "me");
    }

    @Test
    void itsTextIsATable() {
        holdAfter(1_500, pool.acquire(1_000, "frame decoder").touch("queued for the parser"));
        held.add(held.get(0).slice(0, 10));
        held.add(pool.acquire(48 * KIB, "uploader"));
        requests.add(pool.request(60 * KIB, null, "archiver"));
        clock.advance(Duration.ofMillis(250));
        assertThat(pool.dump().toString()).isEqualTo("""
                pool 'lake': 50,176 bytes in use in 2 buffers, 0 bytes idle, limit 65,536 bytes, 1 pending

                   capacity      in use     watched
                      1,024           1           1
                     49,152           1           1

                        age      length    capacity  held by
                    1.750 s       1,000       1,024  frame decoder, last touch: queued for the parser
                    1.750 s          10       1,024  a share: frame decoder
                    0.250 s      49,152      49,152  uploader

                        age        size  waits, since
                    0.250 s      61,440  budget 'house' has used 50,176 of its 65,536 bytes, for archiver
                """);
    }

    @Test
    void aPoolAtRestHasOneLine() {
        assertThat(BufferPool.builder().name("pond").build().dump())
                .hasToString("pool 'pond': 0 bytes in use in 0 buffers, 0 bytes idle, limit none, 0 pending\n");
    }

    @Test
    void nobodyIsKeptAliveByADump() {
        PoolDump dump = dumpOfAForgottenLease();
        LeakReports reports = new LeakReports();
        try (PoolListener.Registration unused = pool.addListener(new PoolListener() {
            @Override
            public void leaked(PoolEvent.Leaked event) {
                reports.accept(event.report());
            }
        })) {
            assertThat(reports.next().holder()).isEqualTo("forgetful");
        }
        assertThat(dump.oldest()).hasSize(1);
    }

    private PoolDump dumpOfAForgottenLease() {
        PooledBuffer forgotten = pool.acquire(100, "forgetful");
        PoolDump dump = pool.dump();
        assertThat(forgotten.isReleased()).isFalse();
        return dump;
    }
}
