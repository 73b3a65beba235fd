package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.util.Set;
import reactor.core.CoreSubscriber;

/**
 * Releases what the operators of Reactor drop that want no element at all: {@code then}, {@code ignoreElements}, {@code
 * count}, {@code hasElements}, {@code when}. They drop it without a word, or give it to the discard hook of the
 * subscriber below them, which nobody has set; and a {@code Flux} cannot override them, because they are final. So a
 * {@link BufferFlux} looks at who subscribes to it.
 */
final class RelayReleasing extends Relay<PooledBuffer, PooledBuffer> {

    /** By name, because Reactor keeps them to itself; what is unknown is treated as any other subscriber is. */
    private static final Set<String> DROPPING = Set.of(
            "reactor.core.publisher.MonoIgnoreElements$IgnoreElementsSubscriber",
            "reactor.core.publisher.MonoCount$CountSubscriber",
            "reactor.core.publisher.MonoHasElements$HasElementsSubscriber",
            "reactor.core.publisher.MonoHasElement$HasElementSubscriber",
            "reactor.core.publisher.MonoIgnoreThen$ThenIgnoreMain",
            "reactor.core.publisher.MonoWhen$WhenInner",
            "reactor.core.publisher.MonoWhen$WhenCoordinator");

    private RelayReleasing(CoreSubscriber<? super PooledBuffer> actual) {
        super(actual);
    }

    /** Whom to subscribe for a subscriber: itself, unless it drops all that it gets. */
    static CoreSubscriber<? super PooledBuffer> below(CoreSubscriber<? super PooledBuffer> actual) {
        return DROPPING.contains(actual.getClass().getName()) ? new RelayReleasing(actual) : actual;
    }

    @Override
    public void onNext(PooledBuffer buffer) {
        try {
            actual.onNext(buffer);
        } finally {
            buffer.release();
        }
    }
}
