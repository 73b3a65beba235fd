package dev.sluice;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Tells what happens in one pool to all who listen. Each method may be called anywhere, under a lock too: it makes an
 * event, if somebody listens, and waits for nobody.
 */
final class EventHub {

    private static final System.Logger LOG = System.getLogger("dev.sluice");

    /** A JVM may have been linked without the module. */
    private static final boolean HAS_FLIGHT_RECORDER =
            ModuleLayer.boot().findModule("jdk.jfr").isPresent();

    private final BufferPool pool;
    private final @Nullable EventDelivery leakListening;
    private final EventLogOnce leaks = new EventLogOnce();

    /** Replaced under this object's monitor, never changed. */
    private volatile EventDelivery[] listenings;

    EventHub(BufferPool pool, PoolConfig config) {
        this.pool = pool;
        Consumer<LeakReport> onLeak = config.onLeak();
        leakListening = onLeak == null ? null : new EventDelivery(this, leaksOnly(onLeak));
        listenings = config.listeners().stream()
                .map(listener -> new EventDelivery(this, listener))
                .toArray(EventDelivery[]::new);
    }

    private static PoolListener leaksOnly(Consumer<LeakReport> onLeak) {
        return new PoolListener() {
            @Override
            public void leaked(PoolEvent.Leaked event) {
                onLeak.accept(event.report());
            }
        };
    }

    synchronized EventDelivery add(PoolListener listener) {
        EventDelivery added = new EventDelivery(this, Objects.requireNonNull(listener, "listener"));
        EventDelivery[] more = Arrays.copyOf(listenings, listenings.length + 1);
        more[more.length - 1] = added;
        listenings = more;
        return added;
    }

    synchronized void remove(EventDelivery removed) {
        List<EventDelivery> fewer = new ArrayList<>(List.of(listenings));
        fewer.remove(removed);
        listenings = fewer.toArray(EventDelivery[]::new);
    }

    /** Whether somebody may want to know more than what is lost. */
    boolean isOn() {
        return hasListeners() || isRecording();
    }

    private boolean hasListeners() {
        return listenings.length != 0;
    }

    private static boolean isRecording() {
        return HAS_FLIGHT_RECORDER && FlightEvents.isRecorderRunning();
    }

    /** Whether everything that was told so far is delivered. */
    boolean isDelivered() {
        return Arrays.stream(listenings).allMatch(EventDelivery::isDelivered)
                && (leakListening == null || leakListening.isDelivered());
    }

    private <E extends PoolEvent> void tell(E event, BiConsumer<PoolListener, E> method) {
        if (isRecording()) {
            method.accept(FlightEvents.INSTANCE, event);
        }
        for (EventDelivery listening : listenings) {
            listening.tell(event, method);
        }
    }

    private String name() {
        return pool.name();
    }

    private long now() {
        return pool.clock().nanoTime();
    }

    void slabMade(Slab slab, int buffers) {
        if (isOn()) {
            long bytes = (long) slab.slotBytes * buffers;
            tell(new PoolEvent.SlabMade(name(), now(), slab.slotBytes, buffers, bytes), PoolListener::slabMade);
        }
    }

    /** Called once the slab is retired, when nobody but the caller knows it. */
    void slabFreed(Slab slab, PoolEvent.SlabFreed.Reason reason) {
        if (isOn()) {
            PoolEvent.SlabFreed event = new PoolEvent.SlabFreed(
                    name(), now(), slab.slotBytes, slab.slotCountLocked(), slab.bytesLocked(), reason);
            tell(event, PoolListener::slabFreed);
        }
    }

    void waited(int size, long nanos, PoolEvent.Waited.End end) {
        if (isOn()) {
            tell(new PoolEvent.Waited(name(), now(), size, Duration.ofNanos(nanos), end), PoolListener::waited);
        }
    }

    void refused(int size) {
        if (isOn()) {
            tell(new PoolEvent.Refused(name(), now(), size), PoolListener::refused);
        }
    }

    /** Tells each pool that gave memory what it gave, by size. */
    static void reclaimed(List<Slab> slabs, BufferPool forPool, int forCapacity) {
        if (slabs.isEmpty()) {
            return;
        }
        Map<SizeClass, Long> bytes = new LinkedHashMap<>();
        for (Slab slab : slabs) {
            bytes.merge(slab.sizeClass, slab.bytesLocked(), Long::sum);
        }
        bytes.forEach((from, gone) -> from.pool.events().reclaimed(from, gone, forPool, forCapacity));
    }

    private void reclaimed(SizeClass from, long bytes, BufferPool forPool, int forCapacity) {
        if (isOn()) {
            PoolEvent.Reclaimed event =
                    new PoolEvent.Reclaimed(name(), now(), from.slotBytes, bytes, forPool.name(), forCapacity);
            tell(event, PoolListener::reclaimed);
        }
    }

    void weighed(SizeClass sizeClass, long used, long demand, long before, long justified, long buffers, long bytes) {
        if (isOn()) {
            PoolEvent.Weighed event = new PoolEvent.Weighed(
                    name(), now(), sizeClass.capacity(), used, demand, before, justified, buffers, bytes);
            tell(event, PoolListener::weighed);
        }
    }

    /** Tells all who listen, and the log once for each place. */
    void leaked(LeakReport report) {
        if (leaks.isFirst(report.place())) {
            LOG.log(System.Logger.Level.WARNING, "{0}", report);
        }
        PoolEvent.Leaked event = new PoolEvent.Leaked(name(), now(), report);
        tell(event, PoolListener::leaked);
        if (leakListening != null) {
            leakListening.tell(event, PoolListener::leaked);
        }
    }

    /** A watched lease that was taken at some time is released now. Not recorded: there are too many. */
    void held(int capacity, long takenNanos) {
        if (hasListeners()) {
            long now = now();
            PoolEvent.Held event = new PoolEvent.Held(name(), now, capacity, Duration.ofNanos(now - takenNanos));
            for (EventDelivery listening : listenings) {
                listening.tellLater(event, PoolListener::held);
            }
        }
    }

    void overflowed(long bytes, String by) {
        if (isOn()) {
            tell(new PoolEvent.Overflowed(name(), now(), bytes, by), PoolListener::overflowed);
        }
    }

    void closed() {
        if (isOn()) {
            tell(new PoolEvent.Closed(name(), now()), PoolListener::closed);
        }
    }
}
