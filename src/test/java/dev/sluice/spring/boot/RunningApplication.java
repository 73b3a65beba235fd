package dev.sluice.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.PoolStats;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * An application that runs on a port of its own, until it is closed. Closing checks that it holds nothing any more. One at
 * a time: what it ends are the event loops of all.
 */
final class RunningApplication implements AutoCloseable {

    static final Duration PATIENCE = Duration.ofSeconds(30);

    final ConfigurableApplicationContext context;

    private RunningApplication(ConfigurableApplicationContext context) {
        this.context = context;
    }

    /** Starts one with these sources and {@code name=value} properties, beside all auto-configuration there is. */
    static RunningApplication start(Class<?> source, String... properties) {
        SpringApplication application = new SpringApplication(source, Auto.class);
        application.setWebApplicationType(WebApplicationType.REACTIVE);
        application.setRegisterShutdownHook(false);
        Map<String, Object> all = new HashMap<>(Map.of(
                "server.port", "0",
                "spring.reactor.netty.shutdown-quiet-period", "0ms",
                "spring.main.banner-mode", "off",
                "sluice.max-bytes", "32MB",
                "management.endpoints.web.exposure.include", "*",
                "management.endpoint.health.show-details", "always"));
        for (String property : properties) {
            String[] parts = property.split("=", 2);
            all.put(parts[0], parts[1]);
        }
        application.setDefaultProperties(all);
        return new RunningApplication(application.run());
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration(
            excludeName = // there are two servers on the class path, and each would bring one of these
                    "org.springframework.boot.tomcat.autoconfigure.actuate.web.server.TomcatReactiveManagementContextAutoConfiguration")
    static class Auto {}

    String url(String path) {
        return "http://localhost:"
                + ((WebServerApplicationContext) context).getWebServer().getPort() + path;
    }

    BufferPool pool() {
        return context.getBean(BufferPool.class);
    }

    /** A client that has nothing of Sluice. */
    static WebClient plainClient() {
        return WebClient.builder()
                .codecs(codecs -> codecs.defaultCodecs().maxInMemorySize(16 << 20))
                .build();
    }

    static void eventually(BooleanSupplier condition, Object what) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("%s", what).isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    @Override
    public void close() {
        BufferPool pool = context.getBeanProvider(BufferPool.class).getIfAvailable();
        context.close();
        if (pool != null) {
            eventually(() -> pool.stats().buffersInUse() == 0, pool);
            PoolStats stats = pool.stats();
            assertThat(stats.pending()).isZero();
            assertThat(stats.lost()).isZero();
            eventually(() -> pool.budget().used() == 0, pool.budget());
        }
    }
}
