package dev.sluice.docs;

import dev.sluice.BufferPool;
import dev.sluice.clients.JdkBodies;
import dev.sluice.flux.BufferFlux;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import reactor.core.publisher.Mono;

/** The code of {@code docs/clients.md}. */
final class ClientsSnippets {

    private ClientsSnippets() {}

    static Mono<Integer> jdkUpload(HttpClient client, URI uri, Path file, BufferPool pool) throws IOException {
        // tag::jdkUpload
        HttpRequest request = HttpRequest.newBuilder(uri)
                .PUT(JdkBodies.publisher(BufferFlux.read(file, pool), Files.size(file)))
                .build();
        Mono<Integer> status = Mono.fromFuture(() -> client.sendAsync(request, HttpResponse.BodyHandlers.discarding()))
                .map(HttpResponse::statusCode);
        // end::jdkUpload
        return status;
    }

    static Mono<Long> jdkDownload(HttpClient client, URI uri, Path file, BufferPool pool) {
        // tag::jdkDownload
        HttpRequest request = HttpRequest.newBuilder(uri).build();
        Mono<Long> bytes = Mono.fromFuture(() -> client.sendAsync(request, JdkBodies.handler(pool)))
                .flatMap(response -> response.statusCode() == 200
                        ? response.body().writeTo(file)
                        : response.body().drain().then(Mono.error(new IOException(response.toString()))));
        // end::jdkDownload
        return bytes;
    }
}
