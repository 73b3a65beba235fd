package dev.sluice;

import static jdk.jfr.DataAmount.BYTES;
import static jdk.jfr.Timespan.NANOSECONDS;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;
import org.jspecify.annotations.Nullable;

/**
 * Writes events into the recordings that ask for them; the only class that needs the module {@code jdk.jfr}.
 *
 * <p>It is told on the thread where something happens, so that a recording names that thread and its stack: a commit
 * copies a few words to a buffer of the thread, and calls nobody. An event type is registered when it is first used,
 * which is not before the JVM has begun to record.
 */
final class FlightEvents implements PoolListener {

    static final FlightEvents INSTANCE = new FlightEvents();

    private FlightEvents() {}

    /** Whether this JVM has begun to record anything. Reads a static flag. */
    static boolean isRecorderRunning() {
        return FlightRecorder.isInitialized();
    }

    /** What all events of a pool have; off unless a recording enables them. */
    @Category("Sluice")
    @Enabled(false)
    abstract static class PoolFlightEvent extends Event {
        @Label("Pool")
        @Description("The name of the pool")
        String pool = "";
    }

    @Name("dev.sluice.SlabMade")
    @Label("Slab Made")
    @Description("New memory was allocated and charged to the budget")
    static final class SlabMade extends PoolFlightEvent {
        @Label("Capacity")
        @Description("The size of each of the buffers")
        @DataAmount(BYTES)
        int capacity;

        @Label("Buffers")
        int buffers;

        @Label("Bytes")
        @Description("What was charged")
        @DataAmount(BYTES)
        long bytes;
    }

    @Name("dev.sluice.SlabFreed")
    @Label("Slab Freed")
    @Description("Memory was credited to the budget and given back to the system")
    @StackTrace(false)
    static final class SlabFreed extends PoolFlightEvent {
        @Label("Capacity")
        @Description("The size of each of the buffers")
        @DataAmount(BYTES)
        int capacity;

        @Label("Buffers")
        int buffers;

        @Label("Bytes")
        @Description("What was credited")
        @DataAmount(BYTES)
        long bytes;

        @Label("Reason")
        @Nullable String reason;
    }

    @Name("dev.sluice.Wait")
    @Label("Wait")
    @Description("A request that had to wait has ended")
    @StackTrace(false)
    static final class Wait extends PoolFlightEvent {
        @Label("Size")
        @Description("What was asked for")
        @DataAmount(BYTES)
        int size;

        @Label("Waited")
        @Timespan(NANOSECONDS)
        long waited;

        @Label("End")
        @Description("How the request ended")
        @Nullable String end;
    }

    @Name("dev.sluice.Timeout")
    @Label("Timeout")
    @Description("A request waited in vain until its time was over")
    @StackTrace(false)
    static final class Timeout extends PoolFlightEvent {
        @Label("Size")
        @Description("What was asked for")
        @DataAmount(BYTES)
        int size;

        @Label("Waited")
        @Timespan(NANOSECONDS)
        long waited;
    }

    @Name("dev.sluice.Refusal")
    @Label("Refusal")
    @Description("acquire or tryAcquire found nothing free")
    static final class Refusal extends PoolFlightEvent {
        @Label("Size")
        @Description("What was asked for")
        @DataAmount(BYTES)
        int size;
    }

    @Name("dev.sluice.Reclaim")
    @Label("Reclaim")
    @Description("Idle memory made room for another size or pool under the same budget")
    static final class Reclaim extends PoolFlightEvent {
        @Label("Capacity")
        @Description("The size of each of the buffers that went")
        @DataAmount(BYTES)
        int capacity;

        @Label("Bytes")
        @Description("How much went")
        @DataAmount(BYTES)
        long bytes;

        @Label("For Pool")
        @Nullable String forPool;

        @Label("For Capacity")
        @Description("The size of a buffer for which room was made")
        @DataAmount(BYTES)
        int forCapacity;
    }

    @Name("dev.sluice.Shrink")
    @Label("Shrink")
    @Description("Shrinking weighed the idle memory of one size: justified = max(used + demand, justified before / 2)")
    @StackTrace(false)
    static final class Shrink extends PoolFlightEvent {
        @Label("Capacity")
        @Description("The size of each of the buffers")
        @DataAmount(BYTES)
        int capacity;

        @Label("Used")
        @Description("Buffers leased at any time since the last look")
        long used;

        @Label("Demand")
        @Description("Buffers wanted besides, by subscribers and by requests that wait")
        long demand;

        @Label("Justified Before")
        @Description("Buffers that the last look justified")
        long justifiedBefore;

        @Label("Justified")
        @Description("Buffers that are justified now")
        long justified;

        @Label("Buffers")
        @Description("Buffers that there is room for, before anything goes")
        long buffers;

        @Label("Given Back")
        @DataAmount(BYTES)
        long givenBack;
    }

    @Name("dev.sluice.Leak")
    @Label("Leak")
    @Description("A lease became garbage that nobody had released")
    @StackTrace(false)
    static final class Leak extends PoolFlightEvent {
        @Label("Length")
        @Description("What was asked for")
        @DataAmount(BYTES)
        int length;

        @Label("Capacity")
        @Description("What it kept from the pool")
        @DataAmount(BYTES)
        int capacity;

        @Label("Age")
        @Timespan(NANOSECONDS)
        long age;

        @Label("Place")
        @Description("Who took the lease, or where")
        @Nullable String place;

        @Label("Report")
        @Nullable String report;
    }

    @Name("dev.sluice.Overflow")
    @Label("Overflow")
    @Description("An adapter took memory from outside the budget")
    static final class Overflow extends PoolFlightEvent {
        @Label("Bytes")
        @DataAmount(BYTES)
        long bytes;

        @Label("By")
        @Nullable String by;
    }

    @Name("dev.sluice.Collection")
    @Label("Collection")
    @Description("A silent pool asked for a collection, because much that it had dropped waited for the collector")
    @StackTrace(false)
    static final class Collection extends PoolFlightEvent {
        @Label("Waiting")
        @Description("What had waited")
        @DataAmount(BYTES)
        long waiting;
    }

    @Override
    public void slabMade(PoolEvent.SlabMade told) {
        SlabMade event = new SlabMade();
        if (event.isEnabled()) {
            event.pool = told.pool();
            event.capacity = told.capacity();
            event.buffers = told.buffers();
            event.bytes = told.bytes();
            event.commit();
        }
    }

    @Override
    public void slabFreed(PoolEvent.SlabFreed told) {
        SlabFreed event = new SlabFreed();
        if (event.isEnabled()) {
            event.pool = told.pool();
            event.capacity = told.capacity();
            event.buffers = told.buffers();
            event.bytes = told.bytes();
            event.reason = told.reason().name();
            event.commit();
        }
    }

    @Override
    public void waited(PoolEvent.Waited told) {
        Wait event = new Wait();
        if (event.isEnabled()) {
            event.pool = told.pool();
            event.size = told.size();
            event.waited = told.waited().toNanos();
            event.end = told.end().name();
            event.commit();
        }
        if (told.end() == PoolEvent.Waited.End.TIMED_OUT) {
            timedOut(told);
        }
    }

    private static void timedOut(PoolEvent.Waited told) {
        Timeout event = new Timeout();
        if (event.isEnabled()) {
            event.pool = told.pool();
            event.size = told.size();
            event.waited = told.waited().toNanos();
            event.commit();
        }
    }

    @Override
    public void refused(PoolEvent.Refused told) {
        Refusal event = new Refusal();
        if (event.isEnabled()) {
            event.pool = told.pool();
            event.size = told.size();
            event.commit();
        }
    }

    @Override
    public void reclaimed(PoolEvent.Reclaimed told) {
        Reclaim event = new Reclaim();
        if (event.isEnabled()) {
            event.pool = told.pool();
            event.capacity = told.capacity();
            event.bytes = told.bytes();
            event.forPool = told.forPool();
            event.forCapacity = told.forCapacity();
            event.commit();
        }
    }

    @Override
    public void weighed(PoolEvent.Weighed told) {
        Shrink event = new Shrink();
        if (event.isEnabled()) {
            event.pool = told.pool();
            event.capacity = told.capacity();
            event.used = told.used();
            event.demand = told.demand();
            event.justifiedBefore = told.justifiedBefore();
            event.justified = told.justified();
            event.buffers = told.buffers();
            event.givenBack = told.givenBackBytes();
            event.commit();
        }
    }

    @Override
    public void leaked(PoolEvent.Leaked told) {
        Leak event = new Leak();
        if (event.isEnabled()) {
            LeakReport report = told.report();
            event.pool = told.pool();
            event.length = report.length();
            event.capacity = report.capacity();
            event.age = report.age().toNanos();
            event.place = report.place();
            event.report = report.toString();
            event.commit();
        }
    }

    @Override
    public void overflowed(PoolEvent.Overflowed told) {
        Overflow event = new Overflow();
        if (event.isEnabled()) {
            event.pool = told.pool();
            event.bytes = told.bytes();
            event.by = told.by();
            event.commit();
        }
    }

    @Override
    public void collectionAsked(PoolEvent.CollectionAsked told) {
        Collection event = new Collection();
        if (event.isEnabled()) {
            event.pool = told.pool();
            event.waiting = told.waitingBytes();
            event.commit();
        }
    }
}
