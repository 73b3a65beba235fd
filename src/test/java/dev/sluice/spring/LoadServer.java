package dev.sluice.spring;

import dev.sluice.BufferPool;
import dev.sluice.PoolStats;
import dev.sluice.flux.BufferFlux;
import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * An application that stores uploads and answers with their SHA-256, once with Sluice and once without. It says its port
 * on standard output, and at the end of standard input what memory it had.
 */
final class LoadServer {

    private LoadServer() {}

    /** Takes {@code true} for the application with Sluice, the budget in bytes, and a directory. */
    public static void main(String[] args) throws IOException {
        boolean pooled = Boolean.parseBoolean(args[0]);
        SpringApplication application = new SpringApplication(pooled ? Pooled.class : Plain.class);
        application.setWebApplicationType(WebApplicationType.REACTIVE);
        application.setDefaultProperties(Map.of(
                "server.port",
                "0",
                "spring.main.banner-mode",
                "off",
                "sluice.enabled",
                pooled,
                "sluice.max-bytes",
                args[1] + "B",
                "files.directory",
                args[2]));
        try (var context = application.run();
                Memory memory = new Memory()) {
            System.out.println("port "
                    + ((WebServerApplicationContext) context).getWebServer().getPort());
            System.in.transferTo(System.out);
            memory.print();
            if (pooled) {
                print(context.getBean(BufferPool.class).stats());
            }
        }
    }

    private static void print(PoolStats stats) {
        System.out.println("pool.peak " + stats.peakBytes());
        System.out.println("pool.limit " + stats.limitBytes());
        System.out.println("pool.inUse " + stats.buffersInUse());
        System.out.println("pool.pending " + stats.pending());
        System.out.println("pool.lost " + stats.lost());
    }

    /** With Sluice: a body is a {@code BufferFlux}. */
    @RestController
    @EnableAutoConfiguration
    static class Pooled {

        private final Path directory;

        Pooled(@Value("${files.directory}") Path directory) {
            this.directory = directory;
        }

        @PutMapping("/uploads/{name}")
        Mono<String> upload(@PathVariable("name") String name, @RequestBody BufferFlux body) {
            Path file = directory.resolve(name);
            StringBuilder sha256 = new StringBuilder();
            return body.digest("SHA-256", digest -> sha256.append(HexFormat.of().formatHex(digest)))
                    .writeTo(file)
                    .then(deleted(file))
                    .then(Mono.fromSupplier(sha256::toString));
        }
    }

    /** Without: a body is a {@code Flux<DataBuffer>}, and all the rest the same. */
    @RestController
    @EnableAutoConfiguration
    static class Plain {

        private final Path directory;

        Plain(@Value("${files.directory}") Path directory) {
            this.directory = directory;
        }

        @PutMapping("/uploads/{name}")
        Mono<String> upload(@PathVariable("name") String name, @RequestBody Flux<DataBuffer> body) {
            Path file = directory.resolve(name);
            MessageDigest digest = LoadContent.newSha256();
            return DataBufferUtils.write(body.doOnNext(buffer -> add(buffer, digest)), file)
                    .then(deleted(file))
                    .then(Mono.fromSupplier(() -> HexFormat.of().formatHex(digest.digest())));
        }

        private static void add(DataBuffer buffer, MessageDigest digest) {
            try (DataBuffer.ByteBufferIterator parts = buffer.readableByteBuffers()) {
                parts.forEachRemaining(digest::update);
            }
        }
    }

    /** Room for the next: two hundred uploads of a full load would take ten gigabytes. */
    private static Mono<Boolean> deleted(Path file) {
        return Mono.fromCallable(() -> Files.deleteIfExists(file)).subscribeOn(Schedulers.boundedElastic());
    }

    /** Keeps the highest of what it sees a hundred times per second. */
    private static final class Memory implements AutoCloseable {

        private final BufferPoolMXBean direct = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .findFirst()
                .orElseThrow();
        private final long residentBefore = resident("VmRSS");
        private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
        private final ScheduledFuture<?> looks;
        private volatile long highestDirect;
        private volatile long highestNetty;

        Memory() throws IOException {
            looks = timer.scheduleAtFixedRate(this::look, 0, 10, TimeUnit.MILLISECONDS);
        }

        private void look() {
            highestDirect = Math.max(highestDirect, direct.getMemoryUsed());
            highestNetty = Math.max(highestNetty, PlatformDependent.usedDirectMemory());
        }

        void print() throws IOException {
            System.out.println("resident.before " + residentBefore);
            System.out.println("resident.peak " + resident("VmHWM"));
            System.out.println("direct.peak " + highestDirect);
            System.out.println("netty.peak " + highestNetty);
        }

        /** What the kernel says, as in {@code VmHWM:     12345 kB}; 0 where it says nothing. */
        private static long resident(String field) throws IOException {
            Path status = Path.of("/proc/self/status");
            if (!Files.isReadable(status)) {
                return 0;
            }
            return Files.readAllLines(status).stream()
                    .filter(line -> line.startsWith(field + ":"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                    .findFirst()
                    .orElse(0);
        }

        @Override
        public void close() {
            looks.cancel(false);
            timer.shutdown();
        }
    }
}
