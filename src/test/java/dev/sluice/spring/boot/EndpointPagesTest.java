package dev.sluice.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.spring.BudgetResolver;
import org.junit.jupiter.api.Test;
import org.springframework.http.HttpHeaders;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.web.server.MockServerWebExchange;
import org.springframework.web.reactive.function.client.WebClient;

/** The endpoint of an application with many tenants, and the headers that guard it. */
class EndpointPagesTest {

    private static final WebClient CLIENT = RunningApplication.plainClient();

    @Test
    void athousandTenantsAreDescribedInPages() {
        try (RunningApplication application = RunningApplication.start(
                SluiceEndpointTest.Nothing.class, "sluice.tenants.header=X-Tenant", "sluice.tenants.max-bytes=1MB")) {
            BudgetResolver budgets = application.context.getBean(BudgetResolver.class);
            for (int i = 0; i < 1000; i++) {
                budgets.resolve(MockServerWebExchange.from(
                        MockServerHttpRequest.get("/").header("X-Tenant", "tenant " + i)));
            }
            String first = get(application.url("/actuator/sluice"));
            assertThat(first).hasSizeLessThan(150_000).contains("\"count\":100,\"total\":100");
            String last = get(application.url("/actuator/sluice?offset=1000&count=50"));
            assertThat(last).contains("\"offset\":1000", "X-Tenant").doesNotContain("tenant 5\"");
            SluiceDescriptor described =
                    application.context.getBean(SluiceEndpoint.class).sluice(500, 10);
            assertThat(described.pools()).hasSize(10);
            assertThat(described.budgets().stream()
                            .filter(budget -> budget.name().equals("sluice"))
                            .findFirst()
                            .orElseThrow()
                            .children())
                    .hasSize(10);
        }
    }

    @Test
    void theEndpointAndItsPageHaveHeadersThatGuardThem() {
        try (RunningApplication application = RunningApplication.start(SluiceEndpointTest.Nothing.class)) {
            for (String path : new String[] {"/actuator/sluice", "/actuator/sluice/page", "/actuator/sluice/app.js"}) {
                guarded(application.url(path));
            }
            assertThat(headers(application.url("/actuator/health")).getFirst("Content-Security-Policy"))
                    .isNull();
        }
        try (RunningApplication application = RunningApplication.start(
                SluiceEndpointTest.Nothing.class,
                "management.server.port=0",
                "management.endpoints.web.base-path=/manage")) {
            String port = application.context.getEnvironment().getProperty("local.management.port");
            guarded("http://localhost:" + port + "/manage/sluice/page");
        }
    }

    private static void guarded(String url) {
        HttpHeaders headers = headers(url);
        assertThat(headers.getFirst("Content-Security-Policy"))
                .as(url)
                .contains("default-src 'none'", "frame-ancestors 'none'");
        assertThat(headers.getFirst("X-Content-Type-Options")).isEqualTo("nosniff");
        assertThat(headers.getFirst("X-Frame-Options")).isEqualTo("DENY");
        assertThat(headers.getFirst("Cache-Control")).isEqualTo("no-store");
    }

    private static HttpHeaders headers(String url) {
        return CLIENT.get()
                .uri(url)
                .exchangeToMono(answer ->
                        answer.releaseBody().thenReturn(answer.headers().asHttpHeaders()))
                .block(RunningApplication.PATIENCE);
    }

    private static String get(String url) {
        return CLIENT.get().uri(url).retrieve().bodyToMono(String.class).block(RunningApplication.PATIENCE);
    }
}
