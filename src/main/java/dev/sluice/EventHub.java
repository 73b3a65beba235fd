package dev.sluice;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
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

    private final String name;
    private final PoolClock clock;
    private final @Nullable EventDelivery leakListening;
    private final EventLogOnce leaks = new EventLogOnce();

    /** Replaced under this object's monitor, never changed. */
    private volatile EventDelivery[] listenings;

    EventHub(PoolConfig config) {
        this.name = config.name();
        this.clock = config.clock();
        Consumer<LeakReport> onLeak = config.onLeak();
        leakListening = onLeak == null ? null : new EventDelivery(leaksOnly(onLeak), closed -> {});
        List<PoolListener> listeners = config.listeners();
        listenings = new EventDelivery[listeners.size()];
        for (int i = 0; i < listenings.length; i++) {
            listenings[i] = new EventDelivery(listeners.get(i), this::remove);
        }
    }

    private static PoolListener leaksOnly(Consumer<LeakReport> onLeak) {
        return new PoolListener() {
            @Override
            public void leaked(PoolEvent.Leaked event) {
                onLeak.accept(event.report());
            }
        };
    }

    EventDelivery add(PoolListener listener) {
        return add(new EventDelivery(Objects.requireNonNull(listener, "listener"), this::remove));
    }

    synchronized EventDelivery add(EventDelivery added) {
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

    /** The teller may be in the midst of a release, and goes on whatever happens. */
    private <E extends PoolEvent> void tell(Supplier<E> made, BiConsumer<PoolListener, E> method) {
        try {
            E event = made.get();
            if (isRecording()) {
                method.accept(FlightEvents.INSTANCE, event);
            }
            for (EventDelivery listening : listenings) {
                listening.tell(event, method);
            }
        } catch (RuntimeException | Error e) {
            EventLogOnce.TROUBLE.warn("an event of a pool was not told", e);
        }
    }

    private long now() {
        return clock.nanoTime();
    }

    void slabMade(Slab slab, int buffers) {
        if (isOn()) {
            long bytes = (long) slab.slotBytes * buffers;
            tell(() -> new PoolEvent.SlabMade(name, now(), slab.slotBytes, buffers, bytes), PoolListener::slabMade);
        }
    }

    /** Called once the slab is retired, when nobody but the caller knows it. */
    void slabFreed(Slab slab, PoolEvent.SlabFreed.Reason reason) {
        if (isOn()) {
            tell(
                    () -> new PoolEvent.SlabFreed(
                            name, now(), slab.slotBytes, slab.slotCountLocked(), slab.bytesLocked(), reason),
                    PoolListener::slabFreed);
        }
    }

    void waited(int size, long nanos, PoolEvent.Waited.End end) {
        if (isOn()) {
            tell(() -> new PoolEvent.Waited(name, now(), size, Duration.ofNanos(nanos), end), PoolListener::waited);
        }
    }

    void refused(int size) {
        if (isOn()) {
            tell(() -> new PoolEvent.Refused(name, now(), size), PoolListener::refused);
        }
    }

    /** Tells each pool that gave memory what it gave, by size. */
    static void reclaimed(Slab chain, BufferPool forPool, int forCapacity) {
        for (Slab slab = chain; slab != null; slab = slab.nextRetired) {
            if (slab.sizeClass.pool.events().isOn() && isFirstOfItsSize(slab, chain)) {
                slab.sizeClass.pool.events().reclaimed(slab, forPool.name(), forCapacity);
            }
        }
    }

    private static boolean isFirstOfItsSize(Slab slab, Slab chain) {
        Slab before = chain;
        while (before != null && before.sizeClass != slab.sizeClass) {
            before = before.nextRetired;
        }
        return before == slab;
    }

    private void reclaimed(Slab first, String forPool, int forCapacity) {
        long bytes = 0;
        for (Slab slab = first; slab != null; slab = slab.nextRetired) {
            bytes += slab.sizeClass == first.sizeClass ? slab.bytesLocked() : 0;
        }
        long all = bytes;
        tell(
                () -> new PoolEvent.Reclaimed(name, now(), first.sizeClass.slotBytes, all, forPool, forCapacity),
                PoolListener::reclaimed);
    }

    void weighed(SizeClass sizeClass, long used, long demand, long before, long justified, long buffers, long bytes) {
        if (isOn()) {
            tell(
                    () -> new PoolEvent.Weighed(
                            name, now(), sizeClass.capacity(), used, demand, before, justified, buffers, bytes),
                    PoolListener::weighed);
        }
    }

    /** Tells all who listen, and the log once for each place. */
    void leaked(LeakReport report) {
        if (leaks.isFirst(report.place())) {
            LOG.log(System.Logger.Level.WARNING, "{0}", report);
        }
        PoolEvent.Leaked event = new PoolEvent.Leaked(name, now(), report);
        tell(() -> event, PoolListener::leaked);
        if (leakListening != null) {
            leakListening.tell(event, PoolListener::leaked);
        }
    }

    /** A watched lease that was taken at some time is released now. Not recorded: there are too many. */
    void held(int capacity, long takenNanos) {
        if (hasListeners()) {
            try {
                long now = now();
                PoolEvent.Held event = new PoolEvent.Held(name, now, capacity, Duration.ofNanos(now - takenNanos));
                for (EventDelivery listening : listenings) {
                    listening.tellLater(event, PoolListener::held);
                }
            } catch (RuntimeException | Error e) {
                EventLogOnce.TROUBLE.warn("an event of a pool was not told", e);
            }
        }
    }

    void collectionAsked(long waitingBytes) {
        if (isOn()) {
            tell(() -> new PoolEvent.CollectionAsked(name, now(), waitingBytes), PoolListener::collectionAsked);
        }
    }

    void overflowed(long bytes, String by) {
        if (isOn()) {
            tell(() -> new PoolEvent.Overflowed(name, now(), bytes, by), PoolListener::overflowed);
        }
    }

    void closed() {
        if (isOn()) {
            tell(() -> new PoolEvent.Closed(name, now()), PoolListener::closed);
        }
    }
}
