package dev.sluice.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerResponse;

/** The controller of {@code docs/webflux.md} with what nobody should send it: it stays within its directory, and says why. */
class WebFluxControllerTest {

    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    @TempDir
    static Path around;

    private static Path directory;
    private static ConfigurableApplicationContext context;

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration(
            excludeName =
                    "org.springframework.boot.tomcat.autoconfigure.actuate.web.server.TomcatReactiveManagementContextAutoConfiguration")
    static class Application {

        @Bean
        WebFluxSnippets.Files files(BufferPool pool) {
            return new WebFluxSnippets.Files(directory, pool);
        }

        @Bean
        RouterFunction<ServerResponse> routes() {
            return WebFluxSnippets.functional();
        }
    }

    @BeforeAll
    static void start() throws Exception {
        directory = Files.createDirectory(around.resolve("files"));
        Files.writeString(around.resolve("secret"), "confidential");
        Files.createDirectory(directory.resolve("folder"));
        SpringApplication application = new SpringApplication(Application.class);
        application.setWebApplicationType(WebApplicationType.REACTIVE);
        application.setRegisterShutdownHook(false);
        application.setDefaultProperties(Map.of(
                "server.port", "0",
                "spring.reactor.netty.shutdown-quiet-period", "0ms",
                "spring.main.banner-mode", "off",
                "sluice.max-bytes", "16MB"));
        context = application.run();
    }

    @AfterAll
    static void stop() {
        BufferPool pool = context.getBean(BufferPool.class);
        context.close();
        assertThat(pool.stats().lost()).isZero();
    }

    private static HttpResponse<String> send(String method, String path, String body) throws Exception {
        URI uri = URI.create("http://localhost:" + context.getEnvironment().getProperty("local.server.port") + path);
        return CLIENT.send(
                HttpRequest.newBuilder(uri)
                        .header("Content-Type", "application/octet-stream")
                        .method(method, HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private static long filesAround() throws Exception {
        try (Stream<Path> all = Files.walk(around)) {
            return all.filter(Files::isRegularFile).count();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "..%2Fevil",
                "..%2Fsecret",
                "%2Fetc%2Fhostname",
                "%2e%2e%2fsecret",
                "..%5Csecret",
                "..",
                "%2e%2e",
                ".hidden",
                "a%00b",
                "a%0Ab",
                "a%E2%80%AEtxt",
                "folder%2F..%2F..%2Fsecret",
                "C%3A%5Cx",
                "%20"
            })
    void aNameThatLeadsOutIsRefused(String name) throws Exception {
        long before = filesAround();
        for (String method : new String[] {"PUT", "GET"}) {
            HttpResponse<String> answer = send(method, "/files/" + name, "evil");
            assertThat(answer.statusCode()).as(method).isBetween(400, 499);
            assertThat(answer.body()).doesNotContain("confidential", around.toString());
        }
        assertThat(filesAround()).isEqualTo(before);
        assertThat(Files.readString(around.resolve("secret"))).isEqualTo("confidential");
    }

    @Test
    void whatIsNotThereAndWhatIsAFolderIsSaidSo() throws Exception {
        assertThat(send("GET", "/files/missing", "").statusCode()).isEqualTo(404);
        HttpResponse<String> folder = send("PUT", "/files/folder", "x");
        assertThat(folder.statusCode()).isEqualTo(409);
        assertThat(folder.body()).contains("a folder has that name").doesNotContain(around.toString());
    }

    @Test
    void aNameThatIsOneWorks() throws Exception {
        assertThat(send("PUT", "/files/na%C3%AFve%20caf%C3%A9.txt", "text").body())
                .isEqualTo("4");
        assertThat(send("GET", "/files/na%C3%AFve%20caf%C3%A9.txt", "").body()).isEqualTo("text");
    }

    @Test
    void linesThatAreTooLongOrEmptyAreAnswered() throws Exception {
        assertThat(send("POST", "/lines", "x".repeat((1 << 20) + 1)).statusCode())
                .isEqualTo(413);
        assertThat(send("POST", "/gzip", "").statusCode()).isEqualTo(200);
    }
}
