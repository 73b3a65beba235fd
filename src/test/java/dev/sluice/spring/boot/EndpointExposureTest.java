package dev.sluice.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.springframework.web.reactive.function.client.WebClient;

/** Where the endpoint and its page are to be seen, and where not. */
class EndpointExposureTest {

    private static final WebClient CLIENT = RunningApplication.plainClient();

    @Test
    void isHiddenWhereItIsNotExposed() {
        try (RunningApplication hidden = RunningApplication.start(
                SluiceEndpointTest.Nothing.class, "management.endpoints.web.exposure.include=health")) {
            assertThat(statusOf(hidden.url("/actuator/sluice"))).isEqualTo(404);
            assertThat(statusOf(hidden.url("/actuator/sluice/page"))).isEqualTo(404);
            assertThat(statusOf(hidden.url("/actuator/health"))).isEqualTo(200);
        }
    }

    @Test
    void standsBeneathTheManagementPortAndPath() {
        try (RunningApplication managed = RunningApplication.start(
                SluiceEndpointTest.Nothing.class,
                "management.server.port=0",
                "management.endpoints.web.base-path=/manage")) {
            String port = managed.context.getEnvironment().getProperty("local.management.port");
            assertThat(statusOf("http://localhost:" + port + "/manage/sluice")).isEqualTo(200);
            assertThat(statusOf("http://localhost:" + port + "/manage/sluice/page"))
                    .isEqualTo(200);
            assertThat(statusOf(managed.url("/manage/sluice/page"))).isEqualTo(404);
        }
    }

    private static int statusOf(String url) {
        return CLIENT.get()
                .uri(url)
                .exchangeToMono(answer ->
                        answer.releaseBody().thenReturn(answer.statusCode().value()))
                .block(RunningApplication.PATIENCE);
    }
}
