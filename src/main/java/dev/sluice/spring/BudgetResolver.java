package dev.sluice.spring;

import dev.sluice.BufferPool;
import java.util.Collection;
import java.util.List;
import org.springframework.web.server.ServerWebExchange;

/** Chooses the budget of each request. Called on event loops: must not block. Thread-safe. */
@FunctionalInterface
public interface BudgetResolver {

    /**
     * Chooses the budget of a request.
     *
     * @param exchange the request
     * @return its budget
     */
    RequestBudget resolve(ServerWebExchange exchange);

    /**
     * The pools that it chooses from, so that they can be watched.
     *
     * @return those that exist now; by default none
     */
    default Collection<BufferPool> pools() {
        return List.of();
    }

    /**
     * The same budget for all requests.
     *
     * @param pool where their memory comes from
     * @param limits what each may take
     * @return the resolver
     */
    static BudgetResolver fixed(BufferPool pool, BufferLimits limits) {
        RequestBudget budget = new RequestBudget(pool, limits);
        return exchange -> budget;
    }

    /**
     * Starts to choose by path and header.
     *
     * @param pool for all requests that nothing else is said of; the budgets of routes and tenants are children of its
     *     budget
     * @param limits what each of those may take
     * @return a builder with no routes
     */
    static BudgetRoutes routes(BufferPool pool, BufferLimits limits) {
        return new BudgetRoutes(pool, limits);
    }
}
