package dev.sluice.spring;

import static dev.sluice.spring.Messages.message;

import dev.sluice.BufferPool;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.PathContainer;
import org.springframework.util.Assert;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.util.pattern.PathPattern;
import org.springframework.web.util.pattern.PathPatternParser;

/**
 * Chooses budgets by path and header: made by {@link BudgetResolver#routes}. The first rule that matches wins; where
 * none does, the pool and limits given there.
 *
 * <p>A rule with a budget of its own gets a pool on a child of the first pool's budget: it never has more than its
 * bytes, and all together never more than the whole. Not thread-safe; what {@link #build()} makes is.
 */
public final class BudgetRoutes {

    private final RequestBudget otherwise;
    private final List<Rule> rules = new ArrayList<>();
    private final List<Supplier<List<BufferPool>>> made = new ArrayList<>();

    BudgetRoutes(BufferPool pool, BufferLimits limits) {
        this.otherwise = new RequestBudget(pool, limits);
    }

    /** Says the budget of a request, or null if it says nothing of it. */
    private interface Rule {
        @Nullable RequestBudget apply(ServerWebExchange exchange);
    }

    /** The rules, in their order, and what is said where none of them matches. */
    private record Rules(List<Rule> rules, List<Supplier<List<BufferPool>>> made, RequestBudget otherwise)
            implements BudgetResolver {

        @Override
        public RequestBudget resolve(ServerWebExchange exchange) {
            for (Rule rule : rules) {
                RequestBudget budget = rule.apply(exchange);
                if (budget != null) {
                    return budget;
                }
            }
            return otherwise;
        }

        @Override
        public List<BufferPool> pools() {
            return Stream.concat(Stream.of(otherwise.pool()), made.stream().flatMap(pools -> pools.get().stream()))
                    .toList();
        }
    }

    /**
     * Gives the requests of some paths limits of their own, from the same pool.
     *
     * @param pattern of the path within the application, such as {@code /uploads/**}
     * @param limits what each of them may take
     * @return this
     */
    public BudgetRoutes path(String pattern, BufferLimits limits) {
        return rule(pattern, new RequestBudget(otherwise.pool(), limits));
    }

    /**
     * Gives the requests of some paths a budget and limits of their own.
     *
     * @param pattern of the path within the application, such as {@code /uploads/**}
     * @param maxBytes how much memory all of them may have together, at least 1 and at most what the whole has
     * @param limits what each of them may take
     * @return this
     * @throws dev.sluice.PoolConfigException if the bytes are out of bounds
     */
    public BudgetRoutes path(String pattern, long maxBytes, BufferLimits limits) {
        return rule(pattern, new RequestBudget(child(pattern, maxBytes), limits));
    }

    private BufferPool child(String name, long maxBytes) {
        BufferPool pool = BudgetTenants.child(otherwise.pool(), name, maxBytes);
        made.add(() -> List.of(pool));
        return pool;
    }

    private BudgetRoutes rule(String pattern, RequestBudget budget) {
        PathPattern parsed = PathPatternParser.defaultInstance.parse(pattern);
        rules.add(exchange -> {
            PathContainer path = exchange.getRequest().getPath().pathWithinApplication();
            return parsed.matches(path) ? budget : null;
        });
        return this;
    }

    /**
     * Gives the requests of one tenant a budget of its own. A tenant is a value of a header, which somebody in front
     * has to vouch for.
     *
     * @param header the name of the header, such as {@code X-Tenant}
     * @param tenant the value
     * @param maxBytes how much memory the requests of the tenant may have together, at least 1 and at most what the
     *     whole has
     * @param limits what each request may take
     * @return this
     * @throws dev.sluice.PoolConfigException if the bytes are out of bounds
     */
    public BudgetRoutes tenant(String header, String tenant, long maxBytes, BufferLimits limits) {
        Objects.requireNonNull(header, "header");
        Objects.requireNonNull(tenant, "tenant");
        RequestBudget budget = new RequestBudget(child(header + " " + BudgetTenants.shown(tenant), maxBytes), limits);
        rules.add(exchange -> tenant.equals(exchange.getRequest().getHeaders().getFirst(header)) ? budget : null);
        return this;
    }

    /**
     * Gives the requests of each tenant a budget of their own. A tenant is a value of a header, which somebody in front
     * has to vouch for. Requests without it are not concerned.
     *
     * <p>The pools are kept for so many tenants, the most recent ones; one that has nothing in flight makes room for a
     * new one. Where none can, those beyond share one pool of the same size.
     *
     * @param header the name of the header, such as {@code X-Tenant}
     * @param maxBytes how much memory the requests of a tenant may have together, at least 1 and at most what the whole
     *     has
     * @param maxTenants for how many tenants a pool is kept, at least 1
     * @param limits what each request may take
     * @return this
     * @throws dev.sluice.PoolConfigException if the bytes are out of bounds
     * @throws IllegalArgumentException if the number of tenants is below 1
     */
    public BudgetRoutes tenants(String header, long maxBytes, int maxTenants, BufferLimits limits) {
        Objects.requireNonNull(header, "header");
        Objects.requireNonNull(limits, "limits");
        Assert.isTrue(maxTenants >= 1, () -> message("maxTenants must be at least 1, not %,d", maxTenants));
        BudgetTenants pools = new BudgetTenants(otherwise.pool(), header, maxBytes, maxTenants);
        made.add(pools::all);
        rules.add(exchange -> {
            String tenant = exchange.getRequest().getHeaders().getFirst(header);
            return tenant == null ? null : new RequestBudget(pools.of(tenant), limits);
        });
        return this;
    }

    /**
     * Makes the resolver.
     *
     * @return the rules as they are now
     */
    public BudgetResolver build() {
        return new Rules(List.copyOf(rules), List.copyOf(made), otherwise);
    }
}
