package dev.sluice.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.HttpResponseDecoderSpec;
import reactor.netty.http.server.HttpRequestDecoderSpec;
import reactor.netty.http.server.HttpServer;

/** An equipped HTTP/1.1 decoder passes on what was read, and keeps what it was told. */
class EquipHttpChunksTest extends StreamTest {

    private static final int DEFAULT_CHUNK = 8 << 10;
    private static final int READ = 256 << 10;
    private static final int BODY = 4 << 20;

    @Test
    void framesAreAsLargeAsReads() {
        List<Integer> frames = new CopyOnWriteArrayList<>();
        HttpServer bare = HttpServer.create().host("localhost").port(0);
        DisposableServer server = NettyBuffers.equip(bare, pool)
                .handle((request, response) -> NettyBuffers.receive(request, pool)
                        .consume(buffer -> frames.add(buffer.length()))
                        .then(response.status(204).send()))
                .bindNow();
        try {
            HttpClient.create()
                    .remoteAddress(server::address)
                    .put()
                    .uri("/")
                    .send(Mono.fromSupplier(() -> Unpooled.buffer(BODY).writeZero(BODY)))
                    .response()
                    .block();
        } finally {
            server.disposeNow();
        }
        assertThat(frames.stream().mapToInt(length -> length).sum()).isEqualTo(BODY);
        assertThat(frames).anyMatch(length -> length > DEFAULT_CHUNK).allMatch(length -> length <= READ);
    }

    @Test
    void otherSettingsOfAServerStay() {
        HttpServer bare = HttpServer.create()
                .httpRequestDecoder(spec -> spec.maxHeaderSize(20_000).maxInitialLineLength(10_000));
        HttpRequestDecoderSpec equipped =
                NettyBuffers.equip(bare, pool).configuration().decoder();
        assertThat(equipped.maxChunkSize()).isEqualTo(READ);
        assertThat(equipped.maxHeaderSize()).isEqualTo(20_000);
        assertThat(equipped.maxInitialLineLength()).isEqualTo(10_000);
        assertThat(bare.configuration().decoder().maxChunkSize()).isEqualTo(DEFAULT_CHUNK);
    }

    @Test
    void aChunkSizeThatWasSetStays() {
        HttpServer bare = HttpServer.create().httpRequestDecoder(spec -> spec.maxChunkSize(1_000));
        assertThat(NettyBuffers.equip(bare, pool).configuration().decoder().maxChunkSize())
                .isEqualTo(1_000);
    }

    @Test
    void aClientsSettingsStay() {
        HttpClient bare = HttpClient.create().httpResponseDecoder(spec -> spec.maxHeaderSize(20_000));
        HttpResponseDecoderSpec equipped =
                NettyBuffers.equip(bare, pool).configuration().decoder();
        assertThat(equipped.maxChunkSize()).isEqualTo(READ);
        assertThat(equipped.maxHeaderSize()).isEqualTo(20_000);
    }

    /** Whether a missing response is a failure can be set, but not asked. */
    @Test
    void aClientWhoseSettingsCannotBeReadKeepsAll() {
        HttpClient bare = HttpClient.create().httpResponseDecoder(spec -> spec.failOnMissingResponse(true));
        assertThat(NettyBuffers.equip(bare, pool).configuration().decoder())
                .isEqualTo(bare.configuration().decoder());
    }
}
