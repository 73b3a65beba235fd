package dev.sluice.spring;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.BufferPool;
import dev.sluice.PoolEvent;
import dev.sluice.PoolListener;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.ByteSources;
import dev.sluice.netty.NettyBuffers;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.http.HttpMethod;
import org.springframework.http.client.reactive.ClientHttpRequestDecorator;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.DisposableServer;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;

/**
 * Bodies that {@code WebClient} sends by every method, also by those whose bodies reactor-netty collects: whole, or an
 * error; and never a buffer left, nor a client that has stopped.
 */
class ClientBodiesTest extends SpringTest {

    private static final int CHUNK = 64 << 10;
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final Duration SOON = Duration.ofMillis(300);

    private static DisposableServer server;

    ClientBodiesTest() {
        pool.close();
        pool = BufferPool.builder().name("test").maxBytes(16 << 20).build();
    }

    @BeforeAll
    static void start() {
        server = HttpServer.create()
                .host("localhost")
                .port(0)
                .handle((request, response) -> request.receive()
                        .map(ByteBuf::readableBytes)
                        .reduce(0, Integer::sum)
                        .flatMap(bytes -> response.header("X-Length", bytes.toString())
                                .sendString(Mono.just(bytes.toString()))
                                .then()))
                .bindNow();
    }

    @AfterAll
    static void stop() {
        server.disposeNow();
    }

    enum Client {
        PLAIN,
        EQUIPPED,
        DECORATED
    }

    private WebClient client(Client kind) {
        HttpClient http = HttpClient.create();
        WebClient.Builder builder = WebClient.builder()
                .baseUrl("http://localhost:" + server.port())
                .clientConnector(
                        new ReactorClientHttpConnector(kind == Client.EQUIPPED ? NettyBuffers.equip(http, pool) : http))
                .codecs(codecs -> PooledBufferCodecs.register(codecs, pool));
        if (kind == Client.DECORATED) {
            builder.filter((request, next) -> next.exchange(ClientRequest.from(request)
                    .body((message, context) -> request.body().insert(new ClientHttpRequestDecorator(message), context))
                    .build()));
        }
        return builder.build();
    }

    static Stream<Arguments> ways() {
        return Stream.of("POST", "PUT", "PATCH", "DELETE", "GET", "HEAD", "OPTIONS")
                .flatMap(method ->
                        Stream.of(Client.values()).map(client -> Arguments.of(HttpMethod.valueOf(method), client)));
    }

    private static Mono<Long> send(WebClient client, HttpMethod method, Flux<PooledBuffer> body) {
        return client.method(method)
                .uri("/")
                .body(body, PooledBuffer.class)
                .exchangeToMono(response -> response.releaseBody()
                        .thenReturn(Long.parseLong(
                                response.headers().header("X-Length").get(0))));
    }

    private BufferFlux buffers(int count) {
        return BufferFlux.read(ByteSources.bytes(new byte[count * CHUNK]).chunkSize(CHUNK), pool);
    }

    @ParameterizedTest
    @MethodSource("ways")
    void aBodyOfAnyNumberOfBuffersIsSentWhole(HttpMethod method, Client kind) {
        WebClient client = client(kind);
        for (int count : new int[] {1, 16, 17, 40}) {
            assertThat(send(client, method, buffers(count)).block(LIMIT)).isEqualTo((long) count * CHUNK);
            atRest(pool);
        }
    }

    @ParameterizedTest
    @MethodSource("ways")
    void aBodyThatDoesNotEndLeavesNothingWhenTheClientGivesUp(HttpMethod method, Client kind) throws Exception {
        WebClient client = client(kind);
        for (boolean timesOut : new boolean[] {true, false}) {
            CountDownLatch cancelled = new CountDownLatch(1);
            CountDownLatch sent = new CountDownLatch(10);
            Flux<PooledBuffer> stuck = buffers(10)
                    .doOnNext(buffer -> sent.countDown())
                    .concatWith(Flux.never())
                    .doOnCancel(cancelled::countDown);
            Mono<Long> answer = send(client, method, stuck);
            if (timesOut) {
                // Counts from when all that there is was sent.
                assertThatThrownBy(() -> answer.timeout(Mono.fromCallable(() -> sent.await(LIMIT.toSeconds(), SECONDS))
                                        .subscribeOn(Schedulers.boundedElastic())
                                        .delayElement(SOON))
                                .block(LIMIT))
                        .hasRootCauseInstanceOf(TimeoutException.class);
            } else {
                Disposable subscription = answer.subscribe(bytes -> {}, error -> {});
                assertThat(sent.await(LIMIT.toSeconds(), SECONDS)).isTrue();
                subscription.dispose();
            }
            assertThat(cancelled.await(LIMIT.toSeconds(), SECONDS)).isTrue();
            atRest(pool);
        }
        assertThat(send(client, HttpMethod.POST, buffers(40)).block(LIMIT)).isEqualTo(40L * CHUNK);
    }

    @ParameterizedTest
    @MethodSource("ways")
    void aBodyAboveTheBudgetIsSentOrRefusedAndTheNextOneWorks(HttpMethod method, Client kind) {
        WebClient client = client(kind);
        int count = (int) (pool.budget().limit() / CHUNK) + 10;
        Mono<Long> answer = send(client, method, buffers(count));
        if (method == HttpMethod.GET || method == HttpMethod.HEAD || method == HttpMethod.DELETE) {
            assertThatThrownBy(() -> answer.block(LIMIT))
                    .hasRootCauseInstanceOf(IllegalStateException.class)
                    .rootCause()
                    .hasMessageContainingAll(
                            "the body of a " + method + " has ", "collects", "send it by POST, PUT or PATCH");
        } else {
            assertThat(answer.block(LIMIT)).isEqualTo((long) count * CHUNK);
        }
        atRest(pool);
        assertThat(send(client, HttpMethod.POST, buffers(count)).block(LIMIT)).isEqualTo((long) count * CHUNK);
    }

    @Test
    void whatIsCopiedBesideThePoolIsTold() {
        AtomicLong told = new AtomicLong();
        pool.addListener(new PoolListener() {
            @Override
            public void overflowed(PoolEvent.Overflowed event) {
                told.addAndGet(event.bytes());
            }
        });
        assertThat(send(client(Client.PLAIN), HttpMethod.DELETE, buffers(17)).block(LIMIT))
                .isEqualTo(17L * CHUNK);
        eventually(() -> told.get() == 17L * CHUNK, told::get);
    }
}
