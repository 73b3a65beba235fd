package dev.sluice.samples.webfluxfiles;

import dev.sluice.BufferPool;
import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.ByteSources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ResponseStatusException;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** The files of one directory, and what is known of each. */
@Component
class FileStore {

    private static final int CHUNK_BYTES = 64 << 10;

    /** An upload that brings nothing for so long is given up. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Path directory;
    private final BufferPool pool;
    private final Map<String, StoredFile> files = new ConcurrentSkipListMap<>();
    private final Set<String> busy = ConcurrentHashMap.newKeySet();

    /** Reads what is in the directory already. */
    FileStore(@Value("${files.directory}") Path directory, BufferPool pool) throws IOException {
        this.directory = Files.createDirectories(directory);
        this.pool = pool;
        Flux.fromIterable(names())
                .concatMap(this::lookAt)
                .doOnNext(this::remember)
                .blockLast();
    }

    private List<String> names() throws IOException {
        try (Stream<Path> paths = Files.list(directory)) {
            return paths.filter(Files::isRegularFile)
                    .map(path -> path.getFileName().toString())
                    .filter(name -> !name.startsWith("."))
                    .toList();
        }
    }

    private Mono<StoredFile> lookAt(String name) {
        Sums sums = new Sums();
        return sums.of(BufferFlux.read(directory.resolve(name), pool, CHUNK_BYTES))
                .consume(buffer -> null)
                .then(Mono.fromSupplier(() -> sums.file(name)));
    }

    private void remember(StoredFile file) {
        files.put(file.name(), file);
    }

    Flux<StoredFile> all() {
        return Flux.fromIterable(files.values());
    }

    /** The file appears when it is complete; until then, whatever had its name is untouched. */
    Mono<StoredFile> save(String name, BufferFlux content) {
        return alone(name, () -> {
            Sums sums = new Sums();
            return sums.of(content.orTimeout(PATIENCE))
                    .writeTo(directory.resolve(name))
                    .onErrorMap(
                            TimeoutException.class,
                            late -> new ResponseStatusException(HttpStatus.REQUEST_TIMEOUT, "the upload stands still"))
                    .map(written -> sums.file(name))
                    .doOnNext(this::remember);
        });
    }

    Mono<Void> delete(String name) {
        return alone(
                name,
                () -> Mono.fromCallable(() -> Files.deleteIfExists(directory.resolve(name)))
                        .subscribeOn(Schedulers.boundedElastic())
                        .doOnNext(deleted -> files.remove(name))
                        .then());
    }

    /** Two changes of one file at a time are one too many. */
    private <T> Mono<T> alone(String name, Supplier<Mono<T>> change) {
        return Mono.using(
                () -> {
                    if (!busy.add(name)) {
                        throw new ResponseStatusException(HttpStatus.CONFLICT, name + " is being written");
                    }
                    return name;
                },
                claimed -> change.get(),
                busy::remove);
    }

    StoredFile find(String name) {
        StoredFile file = files.get(name);
        if (file == null) {
            throw new ResponseStatusException(HttpStatus.NOT_FOUND, "there is no " + name);
        }
        return file;
    }

    BufferFlux read(StoredFile file) {
        return BufferFlux.read(directory.resolve(file.name()), pool, CHUNK_BYTES);
    }

    BufferFlux read(StoredFile file, long offset, long length) {
        return BufferFlux.read(
                ByteSources.range(directory.resolve(file.name()), offset, length)
                        .chunkSize(CHUNK_BYTES),
                pool);
    }
}
