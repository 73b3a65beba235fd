package dev.sluice.docs;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.ByteSources;
import dev.sluice.flux.Progress;
import dev.sluice.flux.TeePolicy;
import dev.sluice.flux.WriteOption;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Properties;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.zip.CRC32C;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;

/** The code of {@code docs/recipes.md}. */
final class RecipesSnippets {

    private RecipesSnippets() {}

    static Mono<Long> linesOfGzip(Path log, BufferPool pool) {
        // tag::linesOfGzip
        Mono<Long> lines = BufferFlux.read(log, pool)
                .gunzip()
                .split(new byte[] {'\n'}, 1 << 20) // a line may have 1 MiB
                .consume(line -> 1)
                .count();
        // end::linesOfGzip
        return lines;
    }

    static Flux<String> errorsOfGzip(Path log, BufferPool pool) {
        // tag::errorsOfGzip
        Flux<String> errors = BufferFlux.read(log, pool)
                .gunzip()
                .lines(StandardCharsets.UTF_8, 1 << 20)
                .filter(line -> line.contains(" ERROR "))
                .take(100); // then the file is closed
        // end::errorsOfGzip
        return errors;
    }

    static Mono<Long> copyWithDigest(Path from, Path to, BufferPool pool, Consumer<String> print) {
        // tag::copyWithDigest
        Mono<Long> copied = BufferFlux.read(from, pool)
                .progress(Progress.every(Duration.ofMillis(200)), progress -> print.accept(progress.toString()))
                .digest("SHA-256", digest -> print.accept(HexFormat.of().formatHex(digest)))
                .writeTo(to, WriteOption.FORCE);
        // end::copyWithDigest
        return copied;
    }

    static Mono<Long> compressAll(List<Path> files, BufferPool pool) {
        // tag::compressAll
        Mono<Long> bytes = Flux.fromIterable(files)
                .flatMap(
                        file -> BufferFlux.read(file, pool)
                                .gzip()
                                .emitOn(Schedulers.parallel(), 2)
                                .writeTo(file.resolveSibling(file.getFileName() + ".gz")),
                        4) // at a time
                .reduce(0L, Long::sum);
        // end::compressAll
        return bytes;
    }

    static Mono<Long> writeMessages(Flux<String> messages, Path file, BufferPool pool) {
        // tag::writeMessages
        Mono<Long> written = BufferFlux.from(messages.concatMap(
                        message -> BufferFlux.read(ByteSources.text(message, StandardCharsets.UTF_8), pool)
                                .join(4096)))
                .prefixLengths(2, ByteOrder.BIG_ENDIAN)
                .writeTo(file);
        // end::writeMessages
        return written;
    }

    static Flux<String> readMessages(Path file, BufferPool pool) {
        // tag::readMessages
        Flux<String> messages = BufferFlux.read(file, pool)
                .lengthPrefixed(2, ByteOrder.BIG_ENDIAN, 4096)
                .consume(message -> message.toString(StandardCharsets.UTF_8));
        // end::readMessages
        return messages;
    }

    static Flux<String> watch(Path log, BufferPool pool) {
        // tag::watch
        Flux<String> warnings = BufferFlux.read(ByteSources.follow(log, Duration.ofMillis(250)), pool)
                .lines(StandardCharsets.UTF_8, 1 << 16)
                .filter(line -> line.startsWith("WARN"));
        // end::watch
        return warnings;
    }

    static Mono<Long> storeAndCheck(BufferFlux upload, Path store) {
        // tag::storeAndCheck
        BufferFlux both = upload.tee(2, TeePolicy.SLOWEST);

        Mono<Long> stored = both.writeTo(store);
        Mono<Long> checksum = both.checksum(CRC32C::new);

        Mono<Long> result = Mono.zip(stored, checksum, (bytes, crc) -> crc);
        // end::storeAndCheck
        return result;
    }

    static Mono<String> sendWithRetry(BufferFlux body, Function<BufferFlux, Mono<String>> send) {
        // tag::sendWithRetry
        Mono<String> answer = Mono.usingWhen(
                Mono.fromSupplier(() -> body.cacheBytes(1 << 20)), // at most 1 MiB, or ByteLimitException
                cached -> send.apply(cached).retryWhen(Retry.max(3)),
                cached -> Mono.fromRunnable(cached::dispose));
        // end::sendWithRetry
        return answer;
    }

    static Flux<String> digestsInParallel(Path file, BufferPool pool, Function<PooledBuffer, String> sha256) {
        // tag::digestsInParallel
        Flux<String> digests =
                BufferFlux.read(file, pool, 1 << 20).consumeParallelOrdered(sha256, 4, Schedulers.parallel());
        // end::digestsInParallel
        return digests;
    }

    static Mono<Properties> intoAParser(Path file, BufferPool pool) {
        // tag::intoAParser
        Mono<Properties> parsed = Mono.fromCallable(() -> {
                    Properties properties = new Properties();
                    try (InputStream in = BufferFlux.read(file, pool).gunzip().toInputStream(2)) {
                        properties.load(in);
                    }
                    return properties;
                })
                .subscribeOn(Schedulers.boundedElastic());
        // end::intoAParser
        return parsed;
    }

    static Mono<String> boundedBody(BufferFlux body) {
        // tag::boundedBody
        Mono<String> text = body.gunzip(10 << 20, 100) // at most 10 MiB, and a hundred times what came in
                .asString(StandardCharsets.UTF_8, 10 << 20)
                .timeout(Duration.ofSeconds(30)); // of a string: here Reactor's own loses no buffer
        // end::boundedBody
        return text;
    }
}
