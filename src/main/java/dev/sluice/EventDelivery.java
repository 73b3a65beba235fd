package dev.sluice;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * One listener of one pool, and what it has not been told yet.
 *
 * <p>The teller puts the event into the queue and goes on: it may hold a lock, and may stand deep in the stack of a
 * release. A teller that finds that nobody delivers starts that, on a thread of its own, so that a listener that blocks
 * holds up no other one. An event of a kind that is frequent waits for others, {@value #LATER_MILLIS} ms at most: to
 * wake a thread costs more than a hundred acquires.
 *
 * <p>Tell against the end of a delivery: the teller adds the event, then asks whether somebody delivers; the deliverer
 * says that it stops, then looks for events once more. One of them sees the other.
 */
final class EventDelivery implements PoolListener.Registration, Runnable {

    /** How far a listener may fall behind. */
    static final int MAX_UNTOLD = 10_000;

    /** How long a frequent event waits for others at most, and how many untold ones do not wait. */
    static final int LATER_MILLIS = 100;

    private static final int WORTH_A_WAKE = 1_000;

    private static final System.Logger LOG = System.getLogger("dev.sluice");

    /** One thread for each listener that is being told something now. */
    private static final Executor THREADS = new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE,
            PoolThreads.KEEP_ALIVE_MILLIS,
            TimeUnit.MILLISECONDS,
            new SynchronousQueue<>(),
            PoolThreads.named("sluice-events"));

    /** Runs what it is given later, on a thread that must not be held up. */
    private static final Executor LATER = EventDelivery::executeLater;

    private enum Delivery {
        NONE,
        LATER,
        NOW
    }

    /** An event and the method that takes it. */
    private record Untold<E extends PoolEvent>(E event, BiConsumer<PoolListener, E> method) {

        void tell(PoolListener listener) {
            method.accept(listener, event);
        }
    }

    private final Consumer<EventDelivery> whenClosed;
    private final Executor threads;
    private final Executor later;
    private final PoolListener listener;
    private final Queue<Untold<?>> queue = new ConcurrentLinkedQueue<>();

    /** The length of the queue, and a little more while events are being added. */
    private final AtomicInteger untold = new AtomicInteger();

    private final AtomicReference<Delivery> delivery = new AtomicReference<>(Delivery.NONE);
    private final AtomicBoolean missed = new AtomicBoolean();
    private final EventLogOnce failures = new EventLogOnce();
    private volatile boolean closed;

    EventDelivery(PoolListener listener, Consumer<EventDelivery> whenClosed) {
        this(listener, whenClosed, THREADS, LATER);
    }

    EventDelivery(PoolListener listener, Consumer<EventDelivery> whenClosed, Executor threads, Executor later) {
        this.whenClosed = whenClosed;
        this.listener = listener;
        this.threads = threads;
        this.later = later;
    }

    private static void executeLater(Runnable task) {
        Future<?> unused = PoolClock.system().schedule(task, TimeUnit.MILLISECONDS.toNanos(LATER_MILLIS));
    }

    <E extends PoolEvent> void tell(E event, BiConsumer<PoolListener, E> method) {
        if (add(event, method)) {
            deliverSoon();
        }
    }

    /** The same for events of a kind that is frequent. */
    <E extends PoolEvent> void tellLater(E event, BiConsumer<PoolListener, E> method) {
        if (add(event, method)) {
            if (untold.get() >= WORTH_A_WAKE) {
                deliverSoon();
            } else if (delivery.get() == Delivery.NONE && delivery.compareAndSet(Delivery.NONE, Delivery.LATER)) {
                deliverLater();
            }
        }
    }

    private <E extends PoolEvent> boolean add(E event, BiConsumer<PoolListener, E> method) {
        if (untold.incrementAndGet() > MAX_UNTOLD) {
            untold.decrementAndGet();
            miss(event);
            return false;
        }
        boolean added = false;
        try {
            added = queue.add(new Untold<>(event, method));
        } finally {
            if (!added) {
                untold.decrementAndGet();
            }
        }
        return true;
    }

    private void miss(PoolEvent event) {
        if (missed.compareAndSet(false, true)) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "a listener of pool '" + event.pool() + "' is " + MAX_UNTOLD + " events behind and misses some: "
                            + listener.getClass().getName());
        }
    }

    private void deliverLater() {
        try {
            later.execute(this::deliverSoon);
        } catch (RuntimeException | Error e) {
            delivery.compareAndSet(Delivery.LATER, Delivery.NONE); // unless somebody delivers meanwhile
            noThread(e);
        }
    }

    private void deliverSoon() {
        if (delivery.getAndSet(Delivery.NOW) != Delivery.NOW) {
            try {
                threads.execute(this);
            } catch (RuntimeException | Error e) {
                delivery.set(Delivery.NONE); // the next event tries again
                noThread(e);
            }
        }
    }

    /** The teller may be in the midst of a release, which goes on. */
    private void noThread(Throwable e) {
        if (failures.isFirst("no thread")) {
            LOG.log(System.Logger.Level.WARNING, "there is no thread to tell the listeners of pools", e);
        }
    }

    @Override
    public void run() {
        for (Untold<?> next = queue.poll(); next != null; next = queue.poll()) {
            untold.decrementAndGet();
            if (!closed) {
                tell(next);
            }
        }
        delivery.set(Delivery.NONE);
        if (!queue.isEmpty()) {
            deliverSoon();
        }
    }

    private void tell(Untold<?> next) {
        try {
            next.tell(listener);
        } catch (RuntimeException | Error e) {
            StackTraceElement[] trace = e.getStackTrace();
            if (failures.isFirst(e.getClass().getName() + (trace.length == 0 ? "" : trace[0]))) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "a listener of pool '" + next.event.pool() + "' failed: "
                                + next.event.getClass().getSimpleName(),
                        e);
            }
        }
    }

    /** Whether everything that was told so far is delivered. */
    boolean isDelivered() {
        return queue.isEmpty() && delivery.get() == Delivery.NONE;
    }

    @Override
    public void close() {
        closed = true;
        whenClosed.accept(this);
    }
}
