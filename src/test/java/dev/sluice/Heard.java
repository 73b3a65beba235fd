package dev.sluice;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A listener that keeps what it is told. */
final class Heard implements PoolListener {

    private final List<PoolEvent> events = new CopyOnWriteArrayList<>();

    @Override
    public void event(PoolEvent event) {
        events.add(event);
    }

    /** All events so far. */
    List<PoolEvent> all() {
        return List.copyOf(events);
    }

    /** All events of a pool at rest that it told so far. */
    List<PoolEvent> all(BufferPool pool) {
        Deadline.until("all events are delivered", () -> pool.events().isDelivered());
        return all();
    }

    <E extends PoolEvent> List<E> all(BufferPool pool, Class<E> type) {
        return all(pool).stream().filter(type::isInstance).map(type::cast).toList();
    }
}
