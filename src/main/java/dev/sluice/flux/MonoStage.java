package dev.sluice.flux;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;

/** An operator that is a {@link Stage} with at most one result: {@code join} and {@code asString}. */
final class MonoStage<O> extends Mono<O> implements Scannable {

    private final BufferFlux source;
    private final String name;
    private final Function<? super StageMemory, ? extends Stage<O>> stages;

    private MonoStage(BufferFlux source, String name, Function<? super StageMemory, ? extends Stage<O>> stages) {
        this.source = source;
        this.name = "BufferFlux." + name;
        this.stages = stages;
    }

    /**
     * Makes an operator.
     *
     * @param name how the operator is called, for reports of lost leases
     * @param stages makes a stage for each subscriber
     */
    static <O> Mono<O> of(BufferFlux source, String name, Function<? super StageMemory, ? extends Stage<O>> stages) {
        return onAssembly(new MonoStage<O>(source, name, stages));
    }

    @Override
    public void subscribe(CoreSubscriber<? super O> actual) {
        StageSubscriber.subscribe(source, actual, this, stages);
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        if (key == Attr.PARENT) {
            return source;
        }
        return key == Attr.PREFETCH ? 1 : null;
    }

    /** Names the operator in reports of lost leases. */
    @Override
    public String toString() {
        return name;
    }
}
