package dev.sluice.spring;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferMono;
import dev.sluice.flux.WaitPolicy;
import java.util.Objects;
import org.springframework.core.Ordered;
import org.springframework.http.HttpHeaders;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import org.springframework.http.codec.ServerCodecConfigurer;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.ServerWebInputException;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/**
 * Gives each request a budget: the pool that its body is read into, and what happens when that has nothing or the body
 * is too long.
 *
 * <ol>
 * <li>The {@link BudgetResolver} chooses the {@link RequestBudget}, which {@link PooledBufferCodecs} and {@link
 * RequestBudget#of} then find.
 * <li>A body that is announced to be too long is answered with 413 at once.
 * <li>With {@link BufferLimits#admissionBytes()}, the request waits, holding nothing, until the pool has so much, or is
 *       refused.
 * <li>The handler runs. Its body fails when it becomes too long; parts and forms are part of it.
 * <li>What {@link BufferErrorHandler} knows is answered as it says.
 * </ol>
 *
 * <p>It stands behind a security filter and before all that read the body. Thread-safe.
 */
public final class BufferBudgetFilter implements WebFilter, Ordered {

    /** Spring Security has -100. */
    private static final int ORDER = -50;

    private static final String EXPECTS_TO_BE_ASKED = "100-continue";

    private final BudgetResolver resolver;
    private final ServerCodecConfigurer codecs;
    private final BufferErrorHandler errors;
    private final int order;

    /**
     * Makes a filter.
     *
     * @param resolver chooses the budgets
     * @param codecs the server's, which read forms and parts
     */
    public BufferBudgetFilter(BudgetResolver resolver, ServerCodecConfigurer codecs) {
        this(
                Objects.requireNonNull(resolver, "resolver"),
                Objects.requireNonNull(codecs, "codecs"),
                new BufferErrorHandler(),
                ORDER);
    }

    private BufferBudgetFilter(
            BudgetResolver resolver, ServerCodecConfigurer codecs, BufferErrorHandler errors, int order) {
        this.resolver = resolver;
        this.codecs = codecs;
        this.errors = errors;
        this.order = order;
    }

    /**
     * The same at another place among the filters.
     *
     * @param order lower stands before higher; -50 by default, behind Spring Security's -100
     * @return a filter
     */
    public BufferBudgetFilter withOrder(int order) {
        return new BufferBudgetFilter(resolver, codecs, errors, order);
    }

    /**
     * The same with another handler of errors.
     *
     * @param errors answers what the handlers of requests fail with
     * @return a filter
     */
    public BufferBudgetFilter withErrors(BufferErrorHandler errors) {
        return new BufferBudgetFilter(resolver, codecs, Objects.requireNonNull(errors, "errors"), order);
    }

    @Override
    public int getOrder() {
        return order;
    }

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        RequestBudget budget = resolver.resolve(exchange);
        budget.putInto(exchange);
        if (lacksBoundary(exchange.getRequest().getHeaders())) {
            return Mono.error(new ServerWebInputException("a multipart/form-data body needs a boundary"));
        }
        return admission(budget)
                .then(Mono.defer(() -> handle(exchange, chain, budget.limits())))
                .onErrorResume(error -> errors.handle(exchange, error))
                .doFinally(end -> close(exchange));
    }

    /** What Spring's reader finds only when it reads, and then calls an error of the server. */
    private static boolean lacksBoundary(HttpHeaders headers) {
        try {
            MediaType type = headers.getContentType();
            return type != null
                    && type.equalsTypeAndSubtype(MediaType.MULTIPART_FORM_DATA)
                    && type.getParameter("boundary") == null;
        } catch (InvalidMediaTypeException e) {
            return false; // which is answered elsewhere
        }
    }

    private static Mono<Void> admission(RequestBudget budget) {
        BufferLimits limits = budget.limits();
        int bytes = limits.admissionBytes();
        BufferPool pool = budget.pool();
        if (bytes == 0) {
            return Mono.empty();
        }
        WaitPolicy waiting = limits.waiting();
        if (waiting.mode() == WaitPolicy.Mode.REFUSE) {
            return Mono.fromRunnable(() -> pool.acquire(bytes).release());
        }
        return waiting.limit()
                .map(limit -> BufferMono.acquire(pool, bytes, limit))
                .orElseGet(() -> BufferMono.acquire(pool, bytes))
                .doOnNext(PooledBuffer::release)
                .then();
    }

    private Mono<Void> handle(ServerWebExchange exchange, WebFilterChain chain, BufferLimits limits) {
        if (limits.maxBodyBytes() == Long.MAX_VALUE) {
            return chain.filter(exchange);
        }
        BodyLimit body = new BodyLimit(exchange.getRequest().getBody(), limits);
        body.putInto(exchange);
        HttpHeaders headers = exchange.getRequest().getHeaders();
        long announced = headers.getContentLength();
        if (announced > limits.maxBodyBytes()) {
            if (EXPECTS_TO_BE_ASKED.equalsIgnoreCase(headers.getFirst(HttpHeaders.EXPECT))) {
                body.leaveUnread();
            }
            return Mono.error(BodyTooLargeException.announced(announced, limits.maxBodyBytes()));
        }
        return Mono.usingWhen(
                Mono.fromSupplier(() -> new BodyExchange(exchange, codecs, body)),
                chain::filter,
                BodyExchange::cleanupMultipart,
                (bounded, error) -> bounded.cleanupMultipart(),
                BodyExchange::cleanupMultipart);
    }

    private static void close(ServerWebExchange exchange) {
        BodyLimit body = BodyLimit.of(exchange);
        if (body != null) {
            body.close();
        }
    }
}
