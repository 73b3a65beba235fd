package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.file.Path;
import java.util.concurrent.ThreadFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Blocking readers may take all of Reactor's elastic threads: the files are read on others. */
class FileThreadsTest extends FluxTest {

    @BeforeEach
    void oneElasticThread() {
        assertThat(FileThreads.scheduler()).isSameAs(FileThreads.scheduler());
        Schedulers.setFactory(new Schedulers.Factory() {
            @Override
            public Scheduler newBoundedElastic(int threads, int tasks, ThreadFactory factory, int secondsToLive) {
                return Schedulers.Factory.super.newBoundedElastic(1, tasks, factory, secondsToLive);
            }
        });
        Schedulers.shutdownNow();
    }

    @AfterEach
    void asManyAsBefore() {
        Schedulers.resetFactory();
        Schedulers.shutdownNow();
    }

    @Test
    void readersDoNotWaitForOneAnother() throws Exception {
        Path file = file(1_000_000);
        Mono<Integer> length = Mono.fromCallable(() -> {
                    try (InputStream in = BufferFlux.read(file, pool).toInputStream(2)) {
                        return in.readAllBytes().length;
                    }
                })
                .subscribeOn(Schedulers.boundedElastic());
        assertThat(Flux.range(0, 8).flatMap(i -> length, 8).collectList().block(LIMIT))
                .hasSize(8)
                .containsOnly(1_000_000);
    }

    /** A factory of virtual time makes schedulers that stand still when it is gone. */
    @Test
    void whatATestMakesForAWhileIsNotKept() {
        FileThreads.scheduler().dispose();
        VirtualTimeScheduler.getOrSet();
        try {
            assertThat(FileThreads.scheduler()).isInstanceOf(VirtualTimeScheduler.class);
        } finally {
            VirtualTimeScheduler.reset();
        }
        assertThat(FileThreads.scheduler()).isNotInstanceOf(VirtualTimeScheduler.class);
        FileThreads.scheduler().dispose(); // it has one thread here
    }
}
