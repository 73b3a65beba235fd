package dev.sluice.spring;

import dev.sluice.BufferPool;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpRequest;
import org.springframework.web.server.ServerWebExchange;

/**
 * Where the memory for a request comes from, and how much it may take. Immutable.
 *
 * @param pool the pool for its body
 * @param limits its limits
 */
public record RequestBudget(BufferPool pool, BufferLimits limits) {

    private static final String ATTRIBUTE = RequestBudget.class.getName();

    /**
     * Checks that both are there.
     *
     * @param pool the pool for the request's body
     * @param limits its limits
     */
    public RequestBudget {
        Objects.requireNonNull(pool, "pool");
        Objects.requireNonNull(limits, "limits");
    }

    /**
     * What {@link BufferBudgetFilter} chose for a request.
     *
     * @param exchange the request
     * @return the budget; empty if the filter is not there
     */
    public static Optional<RequestBudget> of(ServerWebExchange exchange) {
        return Optional.ofNullable(in(exchange.getAttributes()));
    }

    static @Nullable RequestBudget of(HttpRequest request) {
        return in(request.getAttributes());
    }

    private static @Nullable RequestBudget in(Map<String, Object> attributes) {
        return attributes.get(ATTRIBUTE) instanceof RequestBudget budget ? budget : null;
    }

    void putInto(ServerWebExchange exchange) {
        exchange.getAttributes().put(ATTRIBUTE, this);
    }
}
