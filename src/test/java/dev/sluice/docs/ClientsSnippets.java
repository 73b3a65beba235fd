package dev.sluice.docs;

import com.azure.storage.blob.BlobAsyncClient;
import com.azure.storage.blob.models.BlockBlobItem;
import com.azure.storage.blob.models.ParallelTransferOptions;
import com.mongodb.reactivestreams.client.gridfs.GridFSBucket;
import dev.sluice.BufferPool;
import dev.sluice.clients.JdkBodies;
import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.Handover;
import io.r2dbc.spi.Blob;
import io.r2dbc.spi.Connection;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bson.types.ObjectId;
import reactor.core.publisher.Mono;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;

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

    static Mono<String> s3Upload(S3AsyncClient s3, String bucket, Path file, BufferPool pool) throws IOException {
        // tag::s3Upload
        long length = Files.size(file);
        AsyncRequestBody body =
                AsyncRequestBody.fromPublisher(BufferFlux.read(file, pool).toByteBuffers(Handover.ON_HEAP));
        Mono<String> tag = Mono.fromFuture(
                        () -> s3.putObject(put -> put.bucket(bucket).key("log").contentLength(length), body))
                .map(PutObjectResponse::eTag);
        // end::s3Upload
        return tag;
    }

    static Mono<Long> s3Download(S3AsyncClient s3, String bucket, Path file, BufferPool pool) {
        // tag::s3Download
        Mono<Long> bytes = Mono.fromFuture(() ->
                        s3.getObject(get -> get.bucket(bucket).key("log"), AsyncResponseTransformer.toPublisher()))
                .flatMap(object -> BufferFlux.fromByteBuffers(object, pool, pool.chunkSize())
                        .writeTo(file));
        // end::s3Download
        return bytes;
    }

    static Mono<Long> r2dbc(Connection connection, Path file, BufferPool pool) {
        // tag::r2dbc
        Mono<Long> rows = Mono.from(connection
                        .createStatement("INSERT INTO files VALUES ($1)")
                        .bind("$1", Blob.from(BufferFlux.read(file, pool).toByteBuffers(Handover.ON_HEAP)))
                        .execute())
                .flatMap(result -> Mono.from(result.getRowsUpdated()));
        // end::r2dbc
        return rows;
    }

    static Mono<String> azure(BlobAsyncClient blob, Path file, BufferPool pool) {
        // tag::azure
        Mono<String> tag = blob.upload(
                        BufferFlux.read(file, pool).toByteBuffers(Handover.ON_HEAP), new ParallelTransferOptions())
                .map(BlockBlobItem::getETag);
        // end::azure
        return tag;
    }

    static Mono<ObjectId> gridFs(GridFSBucket bucket, Path file, BufferPool pool) {
        // tag::gridFs
        Mono<ObjectId> id = Mono.from(
                bucket.uploadFromPublisher("log", BufferFlux.read(file, pool).toByteBuffers(Handover.ON_HEAP)));
        // end::gridFs
        return id;
    }
}
