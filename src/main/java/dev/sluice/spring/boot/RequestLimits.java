package dev.sluice.spring.boot;

import static dev.sluice.spring.boot.PropertyText.message;

import dev.sluice.BufferPool;
import dev.sluice.spring.BudgetResolver;
import dev.sluice.spring.BudgetRoutes;
import dev.sluice.spring.BufferLimits;
import org.springframework.util.unit.DataSize;
import org.springframework.web.util.pattern.PatternParseException;

/** What requests may take, as the properties say. */
final class RequestLimits {

    private RequestLimits() {}

    static BufferLimits of(SluiceProperties properties) {
        SluiceProperties.Exhaustion exhaustion = properties.exhaustion();
        DataSize body = properties.maxBodyBytes();
        return new BufferLimits(
                exhaustion.waiting(),
                exhaustion.retryAfter(),
                Math.toIntExact(exhaustion.admissionBytes().toBytes()),
                body == null ? Long.MAX_VALUE : body.toBytes(),
                properties.maxDrainBytes().toBytes(),
                properties.maxDrainTime());
    }

    /** Routes go first, then tenants that have limits of their own, then all other tenants. */
    static BudgetResolver budgets(BufferPool pool, SluiceProperties properties) {
        BufferLimits limits = of(properties);
        BudgetRoutes routes = BudgetResolver.routes(pool, limits);
        properties.routes().forEach((name, route) -> {
            if (route.path() != null && route.maxBytes() != null) {
                add(routes, name, route.path(), route.maxBytes(), limits);
            }
        });
        SluiceProperties.Tenants tenants = properties.tenants();
        String header = tenants.header();
        if (header != null) {
            tenants.limits().forEach((tenant, limit) -> routes.tenant(header, tenant, limit.toBytes(), limits));
            if (tenants.maxBytes() != null) {
                routes.tenants(header, tenants.maxBytes().toBytes(), tenants.maxTenants(), limits);
            }
        }
        return routes.build();
    }

    private static void add(BudgetRoutes routes, String name, String path, DataSize maxBytes, BufferLimits limits) {
        try {
            routes.path(path, maxBytes.toBytes(), limits);
        } catch (PatternParseException e) {
            throw new PropertyInvalidException(
                    "sluice.routes." + name + ".path",
                    message("is %s: %s at position %,d", path, e.getMessage(), e.getPosition()),
                    "Write a pattern such as /uploads/** or /users/{id}/files.");
        }
    }
}
