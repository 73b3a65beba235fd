package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.testing.VirtualPoolClock;
import java.io.IOException;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import jdk.jfr.Event;
import jdk.jfr.EventType;
import jdk.jfr.Recording;
import jdk.jfr.ValueDescriptor;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a pool does is in a recording that asks for it, with all its numbers; read back from the file. */
class FlightRecordingTest {

    private final VirtualPoolClock clock = VirtualPoolClock.create();
    private final LeakReports leaks = new LeakReports();
    private final MemoryBudget budget = MemoryBudget.of("house", 8 << 10);
    private final BufferPool pool = BufferPool.builder()
            .name("recorded")
            .budget(budget)
            .leakDetection(LeakDetection.EVERY)
            .clock(clock)
            .onLeak(leaks)
            .build();

    @TempDir
    Path dir;

    private List<RecordedEvent> record(Runnable what, String... names) throws IOException {
        Path file = dir.resolve("sluice.jfr");
        try (Recording recording = new Recording()) {
            Stream.of(names).forEach(name -> recording.enable("dev.sluice." + name));
            recording.start();
            what.run();
            recording.stop();
            recording.dump(file);
        }
        return RecordingFile.readAllEvents(file).stream()
                .filter(event -> event.getEventType().getName().startsWith("dev.sluice."))
                .filter(event -> event.getString("pool").equals("recorded"))
                .sorted(Comparator.comparing(RecordedEvent::getStartTime))
                .toList();
    }

    private static List<String> names(List<RecordedEvent> events) {
        return events.stream()
                .map(event -> event.getEventType().getName().substring("dev.sluice.".length()))
                .toList();
    }

    @Test
    void slabsAndTheirEnd() throws IOException {
        List<RecordedEvent> events = record(
                () -> {
                    pool.acquire(1_000).release();
                    pool.clear();
                    pool.close();
                },
                "SlabMade",
                "SlabFreed");
        assertThat(names(events)).containsExactly("SlabMade", "SlabFreed");
        RecordedEvent made = events.get(0);
        assertThat(made.getInt("capacity")).isEqualTo(1_024);
        assertThat(made.getInt("buffers")).isEqualTo(1);
        assertThat(made.getLong("bytes")).isEqualTo(1_024);
        assertThat(made.getThread().getJavaName())
                .isEqualTo(Thread.currentThread().getName());
        assertThat(made.getStackTrace().getFrames())
                .anyMatch(frame -> frame.getMethod().getType().getName().equals(FlightRecordingTest.class.getName()));
        RecordedEvent freed = events.get(1);
        assertThat(freed.getInt("buffers")).isEqualTo(1);
        assertThat(freed.getLong("bytes")).isEqualTo(1_024);
        assertThat(freed.getString("reason")).isEqualTo("CLEAR");
        assertThat(freed.getStackTrace()).isNull();
    }

    @Test
    void waitsAndTimeoutsAndRefusals() throws IOException {
        PooledBuffer all = pool.acquire(8 << 10);
        List<RecordedEvent> events = record(
                () -> {
                    CompletableFuture<PooledBuffer> vain = pool.request(100, Duration.ofSeconds(3));
                    clock.advance(Duration.ofSeconds(3));
                    assertThat(vain).isCompletedExceptionally();
                    assertThatThrownBy(() -> pool.acquire(200)).isInstanceOf(PoolExhaustedException.class);
                    assertThat(pool.tryAcquire(300)).isEmpty();
                    pool.request(400).cancel(false);
                },
                "Wait",
                "Timeout",
                "Refusal");
        all.release();
        assertThat(names(events)).containsExactly("Wait", "Timeout", "Refusal", "Refusal", "Wait");
        assertThat(events).extracting(event -> event.getInt("size")).containsExactly(100, 100, 200, 300, 400);
        assertThat(events.get(0).getString("end")).isEqualTo("TIMED_OUT");
        assertThat(events.get(0).getDuration("waited")).isEqualTo(Duration.ofSeconds(3));
        assertThat(events.get(1).getDuration("waited")).isEqualTo(Duration.ofSeconds(3));
        assertThat(events.get(4).getString("end")).isEqualTo("CANCELLED");
        PoolInvariants.assertNothingLeft(pool);
    }

    @Test
    void reclaimingFromAnotherSize() throws IOException {
        pool.acquire(4 << 10).release();
        List<RecordedEvent> events = record(() -> pool.acquire(8 << 10).release(), "Reclaim", "SlabFreed");
        assertThat(names(events)).containsExactly("Reclaim", "SlabFreed");
        RecordedEvent reclaim = events.get(0);
        assertThat(reclaim.getInt("capacity")).isEqualTo(4 << 10);
        assertThat(reclaim.getLong("bytes")).isEqualTo(4 << 10);
        assertThat(reclaim.getString("forPool")).isEqualTo("recorded");
        assertThat(reclaim.getInt("forCapacity")).isEqualTo(8 << 10);
        assertThat(events.get(1).getString("reason")).isEqualTo("RECLAIM");
        PoolInvariants.assertNothingLeft(pool);
    }

    @Test
    void shrinkingWithItsInputs() throws IOException {
        pool.acquire(1_000).release();
        List<RecordedEvent> events = record(() -> clock.advance(Duration.ofSeconds(1), 3), "Shrink");
        assertThat(events).extracting(event -> event.getInt("capacity")).containsExactly(1_024, 1_024);
        assertThat(events).extracting(event -> event.getLong("used")).containsExactly(1L, 0L);
        assertThat(events).extracting(event -> event.getLong("demand")).containsExactly(0L, 0L);
        assertThat(events).extracting(event -> event.getLong("justifiedBefore")).containsExactly(0L, 1L);
        assertThat(events).extracting(event -> event.getLong("justified")).containsExactly(1L, 0L);
        assertThat(events).extracting(event -> event.getLong("buffers")).containsExactly(1L, 1L);
        assertThat(events).extracting(event -> event.getLong("givenBack")).containsExactly(0L, 1_024L);
        PoolInvariants.assertNothingLeft(pool);
    }

    @Test
    void leaksAndOverflows() throws IOException {
        List<RecordedEvent> events = record(
                () -> {
                    lose();
                    clock.advance(Duration.ofSeconds(2));
                    leaks.next();
                    pool.reportOverflow(77, "the adapter");
                },
                "Leak",
                "Overflow");
        assertThat(names(events)).containsExactly("Leak", "Overflow");
        RecordedEvent leak = events.get(0);
        assertThat(leak.getInt("length")).isEqualTo(100);
        assertThat(leak.getInt("capacity")).isEqualTo(112);
        assertThat(leak.getDuration("age")).isEqualTo(Duration.ofSeconds(2));
        assertThat(leak.getString("place")).isEqualTo("a forgetful test");
        assertThat(leak.getString("report")).contains("lost lease of 100 bytes", "last touch: the queue");
        assertThat(events.get(1).getLong("bytes")).isEqualTo(77);
        assertThat(events.get(1).getString("by")).isEqualTo("the adapter");
        PoolInvariants.assertNothingLeft(pool);
    }

    @Test
    void aCollectionThatWasAskedFor() throws IOException {
        List<RecordedEvent> events = record(() -> pool.events().collectionAsked(99), "Collection");
        assertThat(names(events)).containsExactly("Collection");
        assertThat(events.get(0).getLong("waiting")).isEqualTo(99);
        PoolInvariants.assertNothingLeft(pool);
    }

    private void lose() {
        pool.acquire(100, "a forgetful test").touch("the queue");
    }

    @Test
    void aRecordingThatDoesNotAskGetsNothing() throws IOException {
        assertThat(record(() -> pool.acquire(1_000).release())).isEmpty();
        PoolInvariants.assertNothingLeft(pool);
    }

    @ParameterizedTest
    @MethodSource
    void everyEventIsDescribed(Class<? extends Event> event) {
        EventType type = EventType.getEventType(event);
        assertThat(type.getName()).isEqualTo("dev.sluice." + event.getSimpleName());
        assertThat(type.isEnabled()).isFalse();
        assertThat(type.getCategoryNames()).containsExactly("Sluice");
        assertThat(type.getLabel()).isNotBlank();
        assertThat(type.getDescription()).isNotBlank();
        assertThat(type.getFields())
                .filteredOn(field -> !field.getName().matches("startTime|duration|eventThread|stackTrace"))
                .isNotEmpty()
                .extracting(ValueDescriptor::getLabel)
                .allSatisfy(label -> assertThat(label).isNotBlank());
    }

    static Stream<Class<?>> everyEventIsDescribed() {
        return Stream.of(FlightEvents.class.getDeclaredClasses())
                .filter(type -> !Modifier.isAbstract(type.getModifiers()));
    }
}
