package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.util.Set;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;

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

    /**
     * Operators that give each element on as it is, within their own {@code onNext}, and show it to no function: what
     * is dropped below them is dropped as if they were not there.
     */
    private static final Set<String> PASSING = Set.of(
            "reactor.core.publisher.FluxCancelOn$CancelSubscriber",
            "reactor.core.publisher.FluxContextWrite$ContextWriteSubscriber",
            "reactor.core.publisher.FluxContextWriteRestoringThreadLocals$ContextWriteRestoringThreadLocalsSubscriber",
            "reactor.core.publisher.FluxContextWriteRestoringThreadLocalsFuseable"
                    + "$FuseableContextWriteRestoringThreadLocalsSubscriber",
            "reactor.core.publisher.FluxDefaultIfEmpty$DefaultIfEmptySubscriber",
            "reactor.core.publisher.FluxDelaySubscription$DelaySubscriptionMainSubscriber",
            "reactor.core.publisher.FluxDoFinally$DoFinallySubscriber",
            "reactor.core.publisher.FluxDoFinally$DoFinallyConditionalSubscriber",
            "reactor.core.publisher.FluxHide$HideSubscriber",
            "reactor.core.publisher.FluxHide$SuppressFuseableSubscriber",
            "reactor.core.publisher.FluxLimitRequest$FluxLimitRequestSubscriber",
            "reactor.core.publisher.FluxOnAssembly$OnAssemblySubscriber",
            "reactor.core.publisher.FluxOnAssembly$OnAssemblyConditionalSubscriber",
            "reactor.core.publisher.FluxOnErrorResume$ResumeSubscriber",
            "reactor.core.publisher.FluxOnErrorReturn$ReturnSubscriber",
            "reactor.core.publisher.FluxRepeat$RepeatSubscriber",
            "reactor.core.publisher.FluxRetry$RetrySubscriber",
            "reactor.core.publisher.FluxSkip$SkipSubscriber",
            "reactor.core.publisher.FluxSubscribeOn$SubscribeOnSubscriber",
            "reactor.core.publisher.FluxSwitchIfEmpty$SwitchIfEmptySubscriber");

    private RelayReleasing(CoreSubscriber<? super PooledBuffer> actual) {
        super(actual);
    }

    /** Whom to subscribe for a subscriber: itself, unless all that it gets is dropped. */
    static CoreSubscriber<? super PooledBuffer> below(CoreSubscriber<? super PooledBuffer> actual) {
        return drops(actual) ? new RelayReleasing(actual) : actual;
    }

    private static boolean drops(CoreSubscriber<?> actual) {
        Object each = actual;
        while (each instanceof Scannable operator && PASSING.contains(nameOf(each))) {
            each = operator.scanUnsafe(Attr.ACTUAL);
        }
        return each != null && DROPPING.contains(nameOf(each));
    }

    private static String nameOf(Object object) {
        return object.getClass().getName();
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
