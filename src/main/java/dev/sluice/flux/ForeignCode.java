package dev.sluice.flux;

import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/** What becomes of a throwable of code that is not of this package: functions, sources, sinks, other subscriptions. */
final class ForeignCode {

    private ForeignCode() {}

    /**
     * Makes a signal of a throwable, whatever it is: upstream is cancelled, and the hooks of Reactor are asked, which
     * refuse what is fatal to the JVM. The caller releases what it holds, signals, and throws on what is {@linkplain
     * Exceptions#isJvmFatal fatal}.
     *
     * @param upstream what to cancel
     * @param element what the code was called with, for the hooks
     * @return the error to signal
     */
    static Throwable failed(
            Throwable thrown, @Nullable Subscription upstream, @Nullable Object element, Context context) {
        try {
            return Operators.onOperatorError(upstream, thrown, element, context);
        } catch (Throwable e) {
            if (upstream != null) {
                upstream.cancel();
            }
            return thrown;
        }
    }

    /**
     * Ends a subscription that could not begin because of what a user's code threw.
     *
     * @param actual has no subscription yet
     */
    static void failedToBegin(Throwable thrown, CoreSubscriber<?> actual) {
        Operators.error(actual, failed(thrown, null, null, actual.currentContext()));
        Exceptions.throwIfJvmFatal(thrown);
    }

    /**
     * What a user's code makes for a subscriber. Reactor signals what it throws, but for errors of the JVM; here they
     * are signalled, too.
     *
     * @param failed makes a sequence that ends with an error
     */
    static <P> P made(Supplier<? extends P> code, Function<Throwable, ? extends P> failed) {
        try {
            return code.get();
        } catch (Throwable e) {
            if (Exceptions.isJvmFatal(e)) {
                return failed.apply(e);
            }
            throw e;
        }
    }

    /**
     * Runs what must not stand in the way of the signal that follows: a throwable goes to the hook of dropped errors.
     */
    static void quietly(Runnable task, @Nullable CoreSubscriber<?> actual) {
        try {
            task.run();
        } catch (Throwable e) {
            Operators.onErrorDropped(e, actual == null ? Context.empty() : actual.currentContext());
        }
    }

    /** The error of rule 3.9 of Reactive Streams. */
    static IllegalArgumentException badRequest(long n) {
        return new IllegalArgumentException(Messages.message("rule 3.9: a request must be for at least 1, not %,d", n));
    }

    /**
     * Throws anything, declared or not; never returns, but has a result so that the compiler sees the end of the path.
     */
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    static <E extends Throwable> RuntimeException sneaky(Throwable thrown) throws E {
        throw (E) thrown;
    }
}
