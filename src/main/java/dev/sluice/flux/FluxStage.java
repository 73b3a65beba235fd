package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.FluxOperator;

/**
 * An operator that is a {@link Stage}: {@code rechunk}, {@code split}, {@code lines} and most others.
 *
 * <p>It requests one buffer at a time, and only when a result is wanted that the stage cannot give. It emits on the
 * thread that emits to it or requests from it, or, after a wait for memory, where its source emits, or on {@link
 * reactor.core.scheduler.Schedulers#parallel()} if the source does not say where that is.
 */
final class FluxStage<O> extends FluxOperator<PooledBuffer, O> {

    private final String name;
    private final Function<? super StageMemory, ? extends Stage<O>> stages;

    /**
     * Makes an operator.
     *
     * @param name how the operator is called, for reports of lost leases
     * @param stages makes a stage for each subscriber
     */
    FluxStage(BufferFlux source, String name, Function<? super StageMemory, ? extends Stage<O>> stages) {
        super(source);
        this.name = "BufferFlux." + name;
        this.stages = stages;
    }

    @Override
    public void subscribe(CoreSubscriber<? super O> actual) {
        StageSubscriber.subscribe(source, actual, this, stages);
    }

    @Override
    public int getPrefetch() {
        return 1;
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        return key == Attr.PREFETCH ? (Object) 1 : super.scanUnsafe(key);
    }

    /** Names the operator in reports of lost leases. */
    @Override
    public String toString() {
        return name;
    }
}
