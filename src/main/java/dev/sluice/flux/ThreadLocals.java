package dev.sluice.flux;

import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.util.context.Context;

/**
 * What users' functions see of thread locals, where {@linkplain Hooks#enableAutomaticContextPropagation() automatic
 * context propagation} is on: those of the subscriber's {@link Context}, whichever thread brings the buffer.
 *
 * <p>Two kinds of code run functions. An operator that answers on the thread that it is called on subscribes to its
 * source {@linkplain #restored by way of this class}. A loop and a {@linkplain Handoff task} run {@linkplain #in
 * within} it.
 */
final class ThreadLocals {

    /** Calls its subscriber's {@code onSubscribe} with the subscriber's thread locals set. Made when first needed. */
    private static volatile @Nullable Flux<Object> restoring;

    private ThreadLocals() {}

    static boolean areRestored() {
        return Hooks.isAutomaticContextPropagationEnabled();
    }

    /** The same sequence, whose signals come with the thread locals of the subscriber. */
    static <T> Flux<T> restored(Flux<T> source) {
        return areRestored() ? source.contextWrite((Context context) -> context) : source;
    }

    /** Runs a task with the thread locals of a subscriber. */
    static void in(@Nullable CoreSubscriber<?> subscriber, Runnable task) {
        if (subscriber == null || !areRestored()) {
            task.run();
            return;
        }
        Flux<Object> way = restoring;
        if (way == null) {
            way = Flux.never().contextWrite((Context context) -> context);
            restoring = way;
        }
        way.subscribe(new Call(subscriber.currentContext(), task));
    }

    private record Call(Context currentContext, Runnable task) implements CoreSubscriber<Object> {

        @Override
        public void onSubscribe(Subscription subscription) {
            task.run();
        }

        @Override
        public void onNext(Object element) {}

        @Override
        public void onError(Throwable error) {}

        @Override
        public void onComplete() {}
    }
}
