package dev.sluice.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.LeakReport;
import dev.sluice.MemoryBudget;
import dev.sluice.PoolEvent;
import dev.sluice.spring.BudgetResolver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.netty.http.client.HttpClient;

/** Runs the code of {@code docs/webflux.md} in an application. */
class WebFluxSnippetsTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final byte[] LINES = "to the sea\n".repeat(50_000).getBytes(StandardCharsets.UTF_8);

    @TempDir
    static Path directory;

    private @Nullable ConfigurableApplicationContext context;
    private BufferPool pool;
    private WebClient client;
    private String url;

    private void start() {
        SpringApplication application = new SpringApplication(Application.class);
        application.setWebApplicationType(WebApplicationType.REACTIVE);
        application.setRegisterShutdownHook(false);
        application.setDefaultProperties(Map.of(
                "server.port", "0",
                "spring.main.banner-mode", "off",
                "spring.reactor.netty.shutdown-quiet-period", "0ms",
                "spring.http.codecs.max-in-memory-size", "4MB"));
        context = application.run();
        pool = context.getBean(BufferPool.class);
        client = context.getBean(WebClient.Builder.class).build();
        url = "http://localhost:"
                + ((WebServerApplicationContext) context).getWebServer().getPort();
    }

    @AfterEach
    void stop() {
        if (context == null) {
            return;
        }
        context.close();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (pool.budget().used() > 0) {
            assertThat(System.nanoTime()).as("%s", pool).isLessThan(deadline);
            Thread.onSpinWait();
        }
        assertThat(pool.stats().pending()).isZero();
        assertThat(pool.stats().lost()).isZero();
    }

    @Test
    void run() throws IOException {
        start();
        assertThat(pool.budget().limit()).isEqualTo(384L << 20);
        assertThat(pool.budget().parent()).isSameAs(context.getBean(MemoryBudget.class));
        assertThat(context.getBean(BudgetResolver.class).pools())
                .extracting(each -> each.budget().name())
                .containsExactly("web", "/uploads/**");

        assertThat(post(client, "/lines")).asString(StandardCharsets.UTF_8).isEqualTo("50000");
        WebClient plain = client.mutate()
                .clientConnector(new ReactorClientHttpConnector(HttpClient.create()))
                .build(); // does not unzip
        try (GZIPInputStream zipped = new GZIPInputStream(new ByteArrayInputStream(post(plain, "/gzip")))) {
            assertThat(zipped.readAllBytes()).isEqualTo(LINES);
        }

        assertThat(client.put()
                        .uri(url + "/files/lines")
                        .bodyValue(LINES)
                        .retrieve()
                        .bodyToMono(Long.class)
                        .block(PATIENCE))
                .isEqualTo(LINES.length);
        Path copy = directory.resolve("copy");
        assertThat(WebFluxSnippets.fetch(client, url + "/files/lines", copy).block(PATIENCE))
                .isEqualTo(LINES.length);
        assertThat(Files.readAllBytes(copy)).isEqualTo(LINES);
    }

    @Test
    void leaksAreLogged() {
        List<String> log = new ArrayList<>();
        LeakReport report = new LeakReport("web", 100, 112, "a holder", List.of(), null, Duration.ofSeconds(1));
        WebFluxSnippets.listener(log::add).leaked(new PoolEvent.Leaked("web", 0, report));
        assertThat(log).containsExactly(report.toString());
    }

    private byte[] post(WebClient client, String path) {
        return client.post()
                .uri(url + path)
                .bodyValue(LINES)
                .retrieve()
                .bodyToMono(byte[].class)
                .block(PATIENCE);
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import({WebFluxSnippets.OwnBudget.class, WebFluxSnippets.OwnBudgets.class})
    static class Application {

        @Bean
        WebFluxSnippets.Files files(BufferPool pool) {
            return new WebFluxSnippets.Files(directory, pool);
        }

        @Bean
        RouterFunction<ServerResponse> functional() {
            return WebFluxSnippets.functional();
        }
    }
}
