package dev.sluice.spring.boot;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.web.ManagementContextConfiguration;
import org.springframework.boot.actuate.endpoint.EndpointId;
import org.springframework.boot.actuate.endpoint.web.PathMappedEndpoints;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.web.reactive.DispatcherHandler;
import org.springframework.web.server.WebFilter;
import reactor.core.publisher.Mono;

/**
 * The headers that guard the endpoint and its page, where the actuator is, be that a port of its own: nothing from
 * elsewhere, in no frame, of no other type than is said, and kept by no cache. A header that is set already stays.
 */
@ManagementContextConfiguration(proxyBeanMethods = false)
@ConditionalOnBooleanProperty(name = "sluice.enabled", matchIfMissing = true)
@ConditionalOnClass(DispatcherHandler.class)
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
public final class SluiceHeadersConfiguration {

    private static final Map<String, String> HEADERS = Map.of(
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
                    + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            "X-Content-Type-Options",
            "nosniff",
            "X-Frame-Options",
            "DENY",
            "Referrer-Policy",
            "no-referrer",
            HttpHeaders.CACHE_CONTROL,
            "no-store");

    SluiceHeadersConfiguration() {}

    @Bean
    @Order(Ordered.HIGHEST_PRECEDENCE)
    WebFilter sluiceHeaders(ObjectProvider<PathMappedEndpoints> endpoints) {
        return (exchange, chain) -> {
            String path =
                    exchange.getRequest().getPath().pathWithinApplication().value();
            if (isBeneath(path, root(endpoints.getIfAvailable()))) {
                HttpHeaders headers = exchange.getResponse().getHeaders();
                exchange.getResponse().beforeCommit(() -> {
                    HEADERS.forEach((name, value) -> {
                        if (!headers.containsHeader(name) || name.equals(HttpHeaders.CACHE_CONTROL)) {
                            headers.set(name, value);
                        }
                    });
                    return Mono.empty();
                });
            }
            return chain.filter(exchange);
        };
    }

    private static @Nullable String root(@Nullable PathMappedEndpoints endpoints) {
        return endpoints == null ? null : endpoints.getPath(EndpointId.of("sluice"));
    }

    private static boolean isBeneath(String path, @Nullable String root) {
        return root != null && (path.equals(root) || path.startsWith(root + "/"));
    }
}
