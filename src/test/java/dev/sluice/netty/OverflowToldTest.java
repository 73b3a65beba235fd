package dev.sluice.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.PoolEvent;
import dev.sluice.PoolListener;
import dev.sluice.PooledBuffer;
import dev.sluice.micrometer.PoolMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.buffer.Unpooled;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;

/** A server that reads into its overflow says so, from the socket to Prometheus; and refuses nobody. */
class OverflowToldTest extends StreamTest {

    private final BufferPool overflow =
            BufferPool.builder().name("overflow").maxBytes(16 << 20).build();
    private final Queue<PoolEvent.Overflowed> heard = new ConcurrentLinkedQueue<>();
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

    /** Uploads while all of the pool is held, and lets it go when the overflow has been used. */
    private void upload() throws Exception {
        DisposableServer server = NettyBuffers.equip(
                        HttpServer.create().host("localhost").port(0), NettyBuffers.allocator(pool, overflow))
                .handle((request, response) -> NettyBuffers.receive(request, pool)
                        .drain()
                        .flatMap(bytes ->
                                response.sendString(Mono.just("" + bytes)).then()))
                .bindNow(LIMIT);
        PooledBuffer all = pool.acquire(64 << 10);
        CompletableFuture<String> answer = HttpClient.create()
                .post()
                .uri("http://localhost:" + server.port())
                .send(Mono.fromSupplier(() -> Unpooled.wrappedBuffer(new byte[200_000])))
                .responseContent()
                .aggregate()
                .asString()
                .toFuture();
        eventually(() -> overflow.stats().totalAcquisitions() > 0);
        all.release();
        assertThat(answer.get()).isEqualTo("200000");
        server.disposeNow(LIMIT);
        atRest(overflow);
    }

    @Test
    void toListenersMetersAndFlightRecordings(@TempDir Path directory) throws Exception {
        pool.close();
        pool = BufferPool.builder().name("tiny").maxBytes(64 << 10).build();
        PoolMetrics.of(pool).bindTo(registry);
        pool.addListener(new PoolListener() {
            @Override
            public void overflowed(PoolEvent.Overflowed event) {
                heard.add(event);
            }
        });
        List<RecordedEvent> recorded;
        try (Recording recording = new Recording()) {
            recording.enable("dev.sluice.Overflow");
            recording.start();
            upload();
            recording.stop();
            Path file = directory.resolve("overflow.jfr");
            recording.dump(file);
            recorded = RecordingFile.readAllEvents(file);
        }
        long times = overflow.stats().totalAcquisitions();
        eventually(() -> heard.size() == times, () -> heard + " of " + times);
        assertThat(heard).extracting(PoolEvent.Overflowed::by).containsOnly("NettyBuffers");
        assertThat(recorded).hasSize((int) times);
        eventually(
                () -> registry.scrape().contains("sluice_overflows_total{pool=\"tiny\"} " + times + ".0"),
                () -> registry.scrape());
        // The probes of the allocator are no refusals; the first attempt of a receiver that then waits counts as one.
        assertThat(registry.scrape()).containsPattern("sluice_refusals_total\\{pool=\"tiny\"\\} [01]\\.0");
        assertThat(registry.scrape()).containsPattern("sluice_memory_overflowed_bytes_total\\{pool=\"tiny\"\\} [1-9]");
    }
}
