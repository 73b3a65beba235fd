package dev.sluice.spring.boot;

import dev.sluice.LeakDetection;
import dev.sluice.flux.WaitPolicy;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * What can be set of Sluice in an application; all of it has a default. A property that does not exist is refused, as
 * is a value that cannot be right: the application does not start, and says what to write.
 *
 * @param enabled Whether Sluice configures anything at all.
 * @param maxBytes The budget: the most bytes that all buffers may take together, in use and idle. By default, a quarter
 *     of the direct memory that the JVM allows, which is the maximum heap unless -XX:MaxDirectMemorySize is set; with
 *     sluice.direct=false, a quarter of the maximum heap.
 * @param maxBuffersPerSize The most buffers of one size, in use and idle. Unbounded by default: the budget is the
 *     bound.
 * @param chunkSize How large the buffers are that files and other resources are read into for a response.
 * @param direct Whether buffers are direct memory. The network needs it; false is for applications that use the pool
 *     for files only, and then server and client keep Netty's own memory.
 * @param leakDetection Which buffers are watched for becoming garbage unreleased. What is lost is reported and comes
 *     back to the budget.
 * @param shrinkInterval How often idle memory is weighed against demand. What is not needed any more is halved each
 *     time.
 * @param minIdleBytes So much idle memory is kept, once there is as much.
 * @param collectInSilence Whether a silent pool may ask the JVM for a garbage collection, at most once a minute, when
 *     much of what it has dropped waits for one. On Java 17 to 21 only.
 * @param maxPending The most requests for memory that may wait at once in one pool. One more is refused.
 * @param exhaustion What happens to HTTP requests when memory is short.
 * @param maxBodyBytes The largest request body; a larger one is answered with 413. Unbounded by default.
 * @param maxDrainBytes How much of a body that is too large is still read and dropped, so that the client gets to read
 *     the answer. Then the connection is closed.
 * @param maxDrainTime How long that may take.
 * @param routes Budgets of their own for some paths, each with a name: sluice.routes.NAME.path is a pattern such as
 *     /uploads/**, sluice.routes.NAME.max-bytes the most bytes for all requests on these paths together.
 * @param tenants Budgets of their own for those whom a header names.
 * @param server Whether the server takes its memory from the pool.
 * @param client Whether WebClient takes its memory from the pool.
 * @param metrics What Micrometer gets to see.
 * @param health When the health of the pool is not up.
 */
@ConfigurationProperties(prefix = "sluice", ignoreUnknownFields = false)
public record SluiceProperties(
        @DefaultValue("true") boolean enabled,
        @Nullable DataSize maxBytes,
        @Nullable Integer maxBuffersPerSize,
        @DefaultValue("64KB") DataSize chunkSize,
        @DefaultValue("true") boolean direct,
        @DefaultValue("sampled") LeakDetection leakDetection,
        @DefaultValue("1s") Duration shrinkInterval,
        @DefaultValue("0B") DataSize minIdleBytes,
        @DefaultValue("true") boolean collectInSilence,
        @DefaultValue("100000") int maxPending,
        @DefaultValue Exhaustion exhaustion,
        @Nullable DataSize maxBodyBytes,
        @DefaultValue("1MB") DataSize maxDrainBytes,
        @DefaultValue("5s") Duration maxDrainTime,
        @DefaultValue Map<String, Route> routes,
        @DefaultValue Tenants tenants,
        @DefaultValue Server server,
        @DefaultValue Client client,
        @DefaultValue Metrics metrics,
        @DefaultValue Health health) {

    /**
     * What happens to HTTP requests when memory is short.
     *
     * @param policy Whether a request waits for memory: for as long as its client does, until a deadline, or not at
     *     all.
     * @param deadline How long a request waits for each buffer with policy=deadline. 10s by default.
     * @param retryAfter When a refused client may come again, in whole seconds: the header Retry-After.
     * @param admissionBytes So much memory must be free before a request is handled at all. By default, the body is the
     *     first to ask.
     */
    public record Exhaustion(
            @DefaultValue("wait") WaitPolicy.Mode policy,
            @Nullable Duration deadline,
            @DefaultValue("1s") Duration retryAfter,
            @DefaultValue("0B") DataSize admissionBytes) {

        private static final Duration DEFAULT_DEADLINE = Duration.ofSeconds(10);

        /** How long requests wait. */
        WaitPolicy waiting() {
            return switch (policy) {
                case WAIT -> WaitPolicy.forever();
                case DEADLINE -> WaitPolicy.atMost(deadline == null ? DEFAULT_DEADLINE : deadline);
                case REFUSE -> WaitPolicy.never();
            };
        }
    }

    /**
     * A budget of its own for some paths.
     *
     * @param path Which paths, as a pattern such as /uploads/**. Required.
     * @param maxBytes The most bytes for all requests on these paths together. Required.
     */
    public record Route(@Nullable String path, @Nullable DataSize maxBytes) {}

    /**
     * Budgets of their own for those whom a header names.
     *
     * @param header The header that names a tenant. Somebody in front of the application has to vouch for it. Without
     *     it, nobody is a tenant.
     * @param maxBytes The most bytes for each tenant that limits does not name. Without it, those share the budget of
     *     all.
     * @param maxTenants For how many tenants a pool is kept. Those beyond, when none of them rests, share one.
     * @param limits The most bytes for some tenants, by their name.
     */
    public record Tenants(
            @Nullable String header,
            @Nullable DataSize maxBytes,
            @DefaultValue("1000") int maxTenants,
            @DefaultValue Map<String, DataSize> limits) {}

    /**
     * The server.
     *
     * @param enabled Whether the server takes its memory from the pool.
     */
    public record Server(@DefaultValue("true") boolean enabled) {}

    /**
     * The client.
     *
     * @param enabled Whether WebClient takes its memory from the pool.
     */
    public record Client(@DefaultValue("true") boolean enabled) {}

    /**
     * What Micrometer gets to see.
     *
     * @param enabled Whether the pools have metrics.
     */
    public record Metrics(@DefaultValue("true") boolean enabled) {}

    /**
     * When the health of the pool is not up.
     *
     * @param degradedInUse The share of the budget in use from which on health is DEGRADED.
     * @param degradedPending The number of waiting requests from which on health is DEGRADED.
     * @param outOfServicePending The number of waiting requests from which on health is OUT_OF_SERVICE. By default
     *     sluice.max-pending, where requests are refused.
     */
    public record Health(
            @DefaultValue("0.9") double degradedInUse,
            @DefaultValue("1000") int degradedPending,
            @Nullable Integer outOfServicePending) {}
}
