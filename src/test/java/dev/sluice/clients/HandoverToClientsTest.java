package dev.sluice.clients;

import static org.assertj.core.api.Assertions.assertThat;

import com.azure.core.http.HttpHeaderName;
import com.azure.core.http.HttpHeaders;
import com.azure.core.http.HttpRequest;
import com.azure.core.http.HttpResponse;
import com.azure.storage.blob.BlobAsyncClient;
import com.azure.storage.blob.BlobClientBuilder;
import com.azure.storage.blob.models.ParallelTransferOptions;
import com.azure.storage.common.StorageSharedKeyCredential;
import com.azure.storage.common.policy.RequestRetryOptions;
import com.azure.storage.common.policy.RetryPolicyType;
import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.Handover;
import io.r2dbc.spi.Blob;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactories;
import java.io.ByteArrayOutputStream;
import java.lang.reflect.Constructor;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.http.async.SdkAsyncHttpClient;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3AsyncClient;

/**
 * What other libraries' own code makes of what {@code toByteBuffers} hands to it: which handover leaves all bytes as they
 * were, and which one they break. {@code docs/clients.md} has the result as a table.
 */
class HandoverToClientsTest extends ClientsTest {

    private static final int BUFFERS = 100;
    private static final int SIZE = 10_000;

    /** Not closed, because that would block a thread of Netty that must not. */
    private static final SdkAsyncHttpClient AWS = NettyNioAsyncHttpClient.create();

    private DisposableServer server;
    private final AtomicReference<byte[]> stored = new AtomicReference<>();

    @AfterEach
    void stop() {
        if (server != null) {
            server.disposeNow(LIMIT);
        }
    }

    /** A client: takes bytes, and returns what has arrived where they were sent to. */
    private interface Client {
        byte[] put(Publisher<ByteBuffer> bytes) throws Exception;
    }

    private boolean arrivesWhole(Handover handover, Client client) throws Exception {
        byte[] arrived = client.put(body(BUFFERS, SIZE).toByteBuffers(handover));
        assertThat(arrived).hasSize(BUFFERS * SIZE);
        eventually(() -> stamped.out() == 0, stamped::out);
        return Arrays.equals(arrived, sent.toByteArray());
    }

    @Test
    void s3OfAws() throws Exception {
        server = HttpServer.create()
                .host("localhost")
                .port(0)
                .route(routes -> routes.put(
                                "/bucket/key",
                                (request, response) -> request.receive()
                                        .aggregate()
                                        .asByteArray()
                                        .doOnNext(stored::set)
                                        .then(response.header("ETag", "\"1\"")
                                                .send()
                                                .then()))
                        .get(
                                "/bucket/key",
                                (request, response) ->
                                        response.header("ETag", "\"1\"").sendByteArray(Mono.just(stored.get()))))
                .bindNow(LIMIT);
        try (S3AsyncClient s3 = S3AsyncClient.builder()
                .endpointOverride(URI.create("http://localhost:" + server.port()))
                .region(Region.US_EAST_1)
                .forcePathStyle(true)
                .httpClient(AWS)
                .credentialsProvider(AnonymousCredentialsProvider.create())
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                .build()) {
            Client client = bytes -> {
                s3.putObject(
                                put -> put.bucket("bucket").key("key").contentLength((long) BUFFERS * SIZE),
                                AsyncRequestBody.fromPublisher(bytes))
                        .get(LIMIT.toSeconds(), TimeUnit.SECONDS);
                return stored.get();
            };
            // With COPIED, what is sent depends on whether the socket takes all at once.
            assertThat(arrivesWhole(Handover.ON_HEAP, client)).isTrue();

            BufferFlux down = BufferFlux.fromByteBuffers(
                    Flux.from(
                            s3.getObject(get -> get.bucket("bucket").key("key"), AsyncResponseTransformer.toPublisher())
                                    .get(LIMIT.toSeconds(), TimeUnit.SECONDS)),
                    pool,
                    pool.chunkSize());
            assertThat(bytesOf(down)).isEqualTo(stored.get());
        }
    }

    @Test
    void blobsOfR2dbc() throws Exception {
        Client client = bytes -> Mono.usingWhen(
                        ConnectionFactories.get("r2dbc:h2:mem:///blobs").create(),
                        connection -> throughATable(connection, bytes),
                        Connection::close)
                .block(LIMIT);
        assertThat(arrivesWhole(Handover.COPIED, client)).isFalse();
        assertThat(arrivesWhole(Handover.ON_HEAP, client)).isTrue();
    }

    private static Mono<byte[]> throughATable(Connection connection, Publisher<ByteBuffer> bytes) {
        return Mono.from(connection.createStatement("CREATE TABLE t (b BLOB)").execute())
                .flatMap(made -> Mono.from(made.getRowsUpdated()))
                .then(Mono.defer(() -> Mono.from(connection
                        .createStatement("INSERT INTO t VALUES ($1)")
                        .bind("$1", Blob.from(bytes))
                        .execute())))
                .flatMap(inserted -> Mono.from(inserted.getRowsUpdated()))
                .then(Mono.defer(() ->
                        Mono.from(connection.createStatement("SELECT b FROM t").execute())))
                .flatMap(selected -> Mono.from(selected.map((row, about) -> row.get(0, Blob.class))))
                .flatMap(blob -> joined(Flux.from(blob.stream())));
    }

    /**
     * What {@code GridFSBucket.uploadFromPublisher} puts around its source; there is no server here to send it to. It
     * keeps what is left of a buffer when a chunk is full.
     */
    @Test
    void gridFsOfMongo() throws Exception {
        Constructor<?> resizing = Class.forName(
                        "com.mongodb.reactivestreams.client.internal.gridfs.ResizingByteBufferFlux")
                .getDeclaredConstructor(Publisher.class, int.class);
        resizing.setAccessible(true);
        Client client = bytes -> {
            @SuppressWarnings("unchecked")
            Flux<ByteBuffer> chunks = (Flux<ByteBuffer>) resizing.newInstance(bytes, 255 * 1024);
            return joined(Flux.fromIterable(chunks.collectList().block(LIMIT))).block(LIMIT);
        };
        assertThat(arrivesWhole(Handover.COPIED, client)).isFalse();
        assertThat(arrivesWhole(Handover.ON_HEAP, client)).isTrue();
    }

    @Test
    void blobsOfAzure() throws Exception {
        AtomicInteger tries = new AtomicInteger();
        BlobAsyncClient blob = new BlobClientBuilder()
                .endpoint("http://localhost/account")
                .credential(new StorageSharedKeyCredential(
                        "account", Base64.getEncoder().encodeToString(new byte[32])))
                .retryOptions(new RequestRetryOptions(
                        RetryPolicyType.FIXED, 2, LIMIT, Duration.ofMillis(1), Duration.ofMillis(1), null))
                .containerName("container")
                .blobName("blob")
                .httpClient(request -> joined(request.getBody())
                        .doOnNext(stored::set)
                        .thenReturn(new AzureAnswer(request, tries.getAndIncrement() == 0 ? 503 : 201)))
                .buildAsyncClient();
        Client client = bytes -> {
            tries.set(0);
            blob.upload(Flux.from(bytes), new ParallelTransferOptions(), true).block(LIMIT);
            assertThat(tries).hasValue(2);
            return stored.get();
        };
        assertThat(arrivesWhole(Handover.COPIED, client)).isFalse();
        assertThat(arrivesWhole(Handover.ON_HEAP, client)).isTrue();
    }

    private static Mono<byte[]> joined(Publisher<ByteBuffer> bytes) {
        return Flux.from(bytes)
                .collect(ByteArrayOutputStream::new, (all, each) -> {
                    byte[] copy = new byte[each.remaining()];
                    each.get(copy);
                    all.writeBytes(copy);
                })
                .map(ByteArrayOutputStream::toByteArray);
    }

    /** What the service answers to a blob that it has stored, as far as the client looks at it. */
    private static final class AzureAnswer extends HttpResponse {

        private final int status;

        AzureAnswer(HttpRequest request, int status) {
            super(request);
            this.status = status;
        }

        @Override
        public int getStatusCode() {
            return status;
        }

        @Override
        @Deprecated
        public String getHeaderValue(String name) {
            return getHeaders().getValue(HttpHeaderName.fromString(name));
        }

        @Override
        public HttpHeaders getHeaders() {
            return new HttpHeaders()
                    .set(HttpHeaderName.ETAG, "\"1\"")
                    .set(HttpHeaderName.LAST_MODIFIED, "Tue, 01 Dec 2026 00:00:00 GMT");
        }

        @Override
        public Flux<ByteBuffer> getBody() {
            return Flux.empty();
        }

        @Override
        public Mono<byte[]> getBodyAsByteArray() {
            return Mono.just(new byte[0]);
        }

        @Override
        public Mono<String> getBodyAsString() {
            return getBodyAsString(StandardCharsets.UTF_8);
        }

        @Override
        public Mono<String> getBodyAsString(Charset charset) {
            return Mono.just("");
        }
    }
}
