package dev.sluice.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import org.junit.jupiter.api.Test;
import org.springframework.boot.http.client.reactive.ClientHttpConnectorBuilder;
import org.springframework.boot.http.client.reactive.JdkClientHttpConnectorBuilder;
import org.springframework.boot.tomcat.reactive.TomcatReactiveWebServerFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerResponse;

/** A server and a client that are not reactor-netty. */
class OtherServersTest {

    private static final String TEXT = "water ".repeat(10_000);

    @Test
    void tomcatsResponsesAreOfThePool() {
        try (RunningApplication application = RunningApplication.start(Texts.class)) {
            get(application, RunningApplication.plainClient());
            assertThat(acquisitions(application)).isPositive();
        }
    }

    @Test
    void tomcatCanBeLeftOut() {
        try (RunningApplication application = RunningApplication.start(Texts.class, "sluice.server.enabled=false")) {
            get(application, RunningApplication.plainClient());
            assertThat(acquisitions(application)).isZero();
        }
    }

    @Test
    void whatTheClientOfTheJdkReadsIsOfThePool() {
        try (RunningApplication application = RunningApplication.start(
                Texts.class, "sluice.server.enabled=false", "spring.http.clients.reactive.connector=jdk")) {
            assertThat(application.context.getBean(ClientHttpConnectorBuilder.class))
                    .isInstanceOf(JdkClientHttpConnectorBuilder.class);
            get(
                    application,
                    application.context.getBean(WebClient.Builder.class).build());
            assertThat(acquisitions(application)).isPositive();
        }
    }

    private static long acquisitions(RunningApplication application) {
        BufferPool pool = application.pool();
        return pool.stats().totalAcquisitions();
    }

    private static void get(RunningApplication application, WebClient client) {
        assertThat(client.get()
                        .uri(application.url("/text"))
                        .retrieve()
                        .bodyToMono(String.class)
                        .block(RunningApplication.PATIENCE))
                .isEqualTo(TEXT);
    }

    @Configuration(proxyBeanMethods = false)
    static class Texts {

        @Bean
        TomcatReactiveWebServerFactory server() {
            return new TomcatReactiveWebServerFactory();
        }

        @Bean
        RouterFunction<ServerResponse> text() {
            return RouterFunctions.route()
                    .GET("/text", request -> ServerResponse.ok().bodyValue(TEXT))
                    .build();
        }
    }
}
