package dev.sluice.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.env.Environment;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.io.support.SpringFactoriesLoader;
import org.springframework.core.io.support.SpringFactoriesLoader.ArgumentResolver;

/** What is wrong is refused when the application starts, and the report says what to write. */
class WrongPropertiesTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            sluice.max-bytes=0B                       | sluice.max-bytes is 0B: not one buffer of sluice.chunk-size=64KB fits. | Write a budget of at least 16 chunks, such as sluice.max-bytes=256MB.
            sluice.max-bytes=-1MB                     | sluice.max-bytes is -1MB: not one buffer of sluice.chunk-size=64KB fits. | Write a budget of at least 16 chunks, such as sluice.max-bytes=256MB.
            sluice.max-bytes=lots                     | sluice.max-bytes is "lots", set in "sluice.max-bytes" from property source "test": that cannot be read. | Write a size with its unit, B, KB, MB or GB, such as 256MB.
            sluice.max-buffers-per-size=0             | sluice.max-buffers-per-size is 0: it must be at least 1. | Write, for example, sluice.max-buffers-per-size=1024.
            sluice.max-buffers-per-size=many          | sluice.max-buffers-per-size is "many", set in "sluice.max-buffers-per-size" from property source "test": that cannot be read. | Write a whole number up to 2147483647 without separators, such as 1000.
            sluice.chunk-size=100B                    | sluice.chunk-size is 100B: it must be from 512B to 4MB. | Write, for example, sluice.chunk-size=64KB.
            sluice.chunk-size=8MB                     | sluice.chunk-size is 8MB: it must be from 512B to 4MB. | Write, for example, sluice.chunk-size=64KB.
            sluice.direct=perhaps                     | sluice.direct is "perhaps", set in "sluice.direct" from property source "test": that cannot be read. | Write true or false.
            sluice.leak-detection=always              | sluice.leak-detection is "always", set in "sluice.leak-detection" from property source "test": that cannot be read. | Write one of off, sampled, every.
            sluice.shrink-interval=0ms                | sluice.shrink-interval is 0ms: it must be from 1ms to 365d. | Write, for example, sluice.shrink-interval=1s.
            sluice.shrink-interval=often              | sluice.shrink-interval is "often", set in "sluice.shrink-interval" from property source "test": that cannot be read. | Write a time with its unit, ms, s, m, h or d, such as 5s.
            sluice.min-idle-bytes=-1B                 | sluice.min-idle-bytes is -1B: it must be from 0B to sluice.max-bytes=32MB. | Write, for example, sluice.min-idle-bytes=0B.
            sluice.min-idle-bytes=33MB                | sluice.min-idle-bytes is 33MB: it must be from 0B to sluice.max-bytes=32MB. | Write, for example, sluice.min-idle-bytes=0B.
            sluice.max-pending=-1                     | sluice.max-pending is -1: it must be at least 0. | Write, for example, sluice.max-pending=100000.
            sluice.exhaustion.policy=panic            | sluice.exhaustion.policy is "panic", set in "sluice.exhaustion.policy" from property source "test": that cannot be read. | Write one of wait, deadline, refuse.
            sluice.exhaustion.deadline=5s             | sluice.exhaustion.deadline is 5000ms, but sluice.exhaustion.policy is wait. | Write sluice.exhaustion.policy=deadline, or remove the deadline.
            sluice.exhaustion.policy=deadline sluice.exhaustion.deadline=0s | sluice.exhaustion.deadline is 0ms: it must be from 1ms to 365d. | Write, for example, sluice.exhaustion.deadline=5s.
            sluice.exhaustion.retry-after=500ms       | sluice.exhaustion.retry-after is 500ms: it must be whole seconds from 0s to 365d. | Write, for example, sluice.exhaustion.retry-after=1s.
            sluice.max-body-bytes=0B                  | sluice.max-body-bytes is 0B: it must be at least 1B. | Write, for example, sluice.max-body-bytes=10MB.
            sluice.max-drain-bytes=-1B                | sluice.max-drain-bytes is -1B: it must be at least 0B. | Write, for example, sluice.max-drain-bytes=1MB.
            sluice.max-drain-time=-1s                 | sluice.max-drain-time is -1000ms: it must be from 0s to 365d. | Write, for example, sluice.max-drain-time=5s.
            sluice.exhaustion.admission-bytes=33MB    | sluice.exhaustion.admission-bytes is 33MB: it must be from 0B to sluice.max-bytes=32MB. | Write, for example, sluice.exhaustion.admission-bytes=64KB.
            sluice.tenants.header=X-T sluice.tenants.max-tenants=0 | sluice.tenants.max-tenants is 0: it must be at least 1. | Write, for example, sluice.tenants.max-tenants=1000.
            sluice.routes.up.max-bytes=1MB            | sluice.routes.up.path is not set: it must be a pattern that begins with /. | Write, for example, sluice.routes.up.path=/uploads/**.
            sluice.routes.up.path=up sluice.routes.up.max-bytes=1MB | sluice.routes.up.path is up: it must be a pattern that begins with /. | Write, for example, sluice.routes.up.path=/uploads/**.
            sluice.routes.up.path=/up                 | sluice.routes.up.max-bytes is not set: it must be from sluice.chunk-size=64KB to sluice.max-bytes=32MB. | Write, for example, sluice.routes.up.max-bytes=8MB.
            sluice.routes.up.path=/up sluice.routes.up.max-bytes=64MB | sluice.routes.up.max-bytes is 64MB: it must be from sluice.chunk-size=64KB to sluice.max-bytes=32MB. | Write, for example, sluice.routes.up.max-bytes=8MB.
            sluice.tenants.max-bytes=1MB              | sluice.tenants.header is not set: it is needed where tenants have limits. | Write, for example, sluice.tenants.header=X-Tenant.
            sluice.tenants.header=X-T                 | sluice.tenants.max-bytes is not set: it or a limit of sluice.tenants.limits is needed. | Write, for example, sluice.tenants.max-bytes=64MB.
            sluice.tenants.header=a:b                 | sluice.tenants.header is a:b: it must be the name of an HTTP header. | Write, for example, sluice.tenants.header=X-Tenant.
            sluice.tenants.header=X-T sluice.tenants.max-bytes=1KB | sluice.tenants.max-bytes is 1KB: it must be from sluice.chunk-size=64KB to sluice.max-bytes=32MB. | Write, for example, sluice.tenants.max-bytes=8MB.
            sluice.tenants.header=X-T sluice.tenants.limits.gold=1KB | sluice.tenants.limits.gold is 1KB: it must be from sluice.chunk-size=64KB to sluice.max-bytes=32MB. | Write, for example, sluice.tenants.limits.gold=8MB.
            sluice.health.degraded-in-use=90          | sluice.health.degraded-in-use is 90.0: it must be above 0 and at most 1. | Write, for example, sluice.health.degraded-in-use=0.9.
            sluice.health.degraded-in-use=90%         | sluice.health.degraded-in-use is "90%", set in "sluice.health.degraded-in-use" from property source "test": that cannot be read. | Write a number such as 0.9.
            sluice.health.degraded-pending=0          | sluice.health.degraded-pending is 0: it must be at least 1. | Write, for example, sluice.health.degraded-pending=1000.
            sluice.health.out-of-service-pending=0    | sluice.health.out-of-service-pending is 0: it must be at least 1. | Write, for example, sluice.health.out-of-service-pending=100000.
            sluice.max-byte=1MB                       | There is no property sluice.max-byte, set in "sluice.max-byte" from property source "test". | Write sluice.max-bytes, if that was meant, or remove it.
            sluice.exhaustion.polcy=wait              | There is no property sluice.exhaustion.polcy, set in "sluice.exhaustion.polcy" from property source "test". | Write sluice.exhaustion.policy, if that was meant, or remove it.
            """)
    void isRefusedWithWhatToWrite(String properties, String description, String action) {
        FailureAnalysis analysis = analysisOf(properties.split(" "));
        assertThat(analysis.getDescription()).isEqualTo(description);
        assertThat(analysis.getAction()).isEqualTo(action);
    }

    @Test
    @EnabledForJreRange(max = JRE.JAVA_21)
    void aBudgetAboveWhatTheJvmAllowsIsRefused() {
        FailureAnalysis analysis = analysisOf("sluice.max-bytes=1024GB");
        assertThat(analysis.getDescription())
                .startsWith("sluice.max-bytes is 1024GB, and the JVM allows ")
                .endsWith(" of direct memory.");
        assertThat(analysis.getAction())
                .isEqualTo("Write less, or start the JVM with -XX:MaxDirectMemorySize=1048640m or more.");
    }

    @Test
    void otherFailuresAreLeftToOthers() {
        assertThat(new SluiceFailureAnalyzer().analyze(new IllegalStateException("other")))
                .isNull();
    }

    private static FailureAnalysis analysisOf(String... properties) {
        FailureAnalysis[] found = {null};
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(SluiceAutoConfiguration.class))
                .withPropertyValues("sluice.max-bytes=32MB")
                .withPropertyValues(properties)
                .run(context -> {
                    assertThat(context).hasFailed();
                    found[0] = analyzers().stream()
                            .map(analyzer -> analyzer.analyze(context.getStartupFailure()))
                            .filter(Objects::nonNull)
                            .findFirst()
                            .orElseThrow();
                });
        return found[0];
    }

    /** As Boot has them: from the factories file, in their order. */
    private static List<FailureAnalyzer> analyzers() {
        return SpringFactoriesLoader.forDefaultResourceLocation()
                .load(
                        FailureAnalyzer.class,
                        ArgumentResolver.of(BeanFactory.class, new DefaultListableBeanFactory())
                                .and(Environment.class, new StandardEnvironment()),
                        (type, name, failure) -> {}); // some need libraries that are not there
    }
}
