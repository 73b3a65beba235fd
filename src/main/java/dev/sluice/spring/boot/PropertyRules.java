package dev.sluice.spring.boot;

import static dev.sluice.spring.boot.PropertyText.message;

import dev.sluice.flux.WaitPolicy;
import dev.sluice.spring.boot.SluiceProperties.Exhaustion;
import dev.sluice.spring.boot.SluiceProperties.Health;
import dev.sluice.spring.boot.SluiceProperties.Route;
import dev.sluice.spring.boot.SluiceProperties.Tenants;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.util.unit.DataSize;

/** What the properties have to fulfil, alone and together. What breaks a rule is named, with what to write instead. */
final class PropertyRules {

    private static final DataSize LEAST_CHUNK = DataSize.ofBytes(512);
    private static final DataSize LARGEST_CHUNK = DataSize.ofMegabytes(4);
    private static final Duration SHORTEST_INTERVAL = Duration.ofMillis(1);
    private static final Duration LONGEST = Duration.ofDays(365);

    private final SluiceProperties properties;
    private final Budget budget;

    /** The limit of the budget, and the property to change where it is too small. */
    private record Budget(DataSize limit, boolean isSet) {

        String text() {
            return (isSet ? "sluice.max-bytes=" : "the budget, by default a quarter of the JVM's memory, ")
                    + PropertyRules.text(limit);
        }
    }

    private PropertyRules(SluiceProperties properties) {
        this.properties = properties;
        DataSize set = properties.maxBytes();
        this.budget = new Budget(DataSize.ofBytes(limit(properties)), set != null);
    }

    /**
     * Refuses what cannot be right.
     *
     * @param properties what was set
     * @throws InvalidPropertyException for the first rule that is broken
     */
    static void check(SluiceProperties properties) {
        PropertyRules rules = new PropertyRules(properties);
        rules.memory();
        rules.waiting();
        rules.exhaustion(properties.exhaustion());
        rules.bodies();
        properties.routes().forEach(rules::route);
        rules.tenants(properties.tenants());
        rules.health(properties.health());
    }

    /**
     * The limit of the budget.
     *
     * @param properties what was set
     * @return {@code sluice.max-bytes}, or a quarter of the memory that the JVM allows
     */
    static long limit(SluiceProperties properties) {
        DataSize set = properties.maxBytes();
        if (set != null) {
            return set.toBytes();
        }
        return (properties.direct() ? PoolsJvmMemory.maxDirectBytes() : PoolsJvmMemory.maxHeapBytes()) / 4;
    }

    private void memory() {
        DataSize chunk = properties.chunkSize();
        if (chunk.compareTo(LEAST_CHUNK) < 0 || chunk.compareTo(LARGEST_CHUNK) > 0) {
            throw refuse("sluice.chunk-size", chunk, "must be from 512B to 4MB", "64KB");
        }
        if (budget.limit.compareTo(chunk) < 0) {
            throw new PropertyInvalidException(
                    "sluice.max-bytes",
                    message("is %s: not one buffer of sluice.chunk-size=%s fits", text(budget.limit), text(chunk)),
                    "Write a budget of at least 16 chunks, such as sluice.max-bytes=256MB.");
        }
        jvmAllows();
        Integer buffers = properties.maxBuffersPerSize();
        if (buffers != null && buffers < 1) {
            throw refuse("sluice.max-buffers-per-size", buffers, "must be at least 1", "1024");
        }
        DataSize idle = properties.minIdleBytes();
        if (idle.isNegative() || idle.compareTo(budget.limit) > 0) {
            throw refuse("sluice.min-idle-bytes", idle, "must be from 0B to " + budget.text(), "0B");
        }
    }

    /** Up to Java 21, the pool's memory counts as the JVM's direct memory. */
    private void jvmAllows() {
        long allowed = PoolsJvmMemory.maxDirectBytes();
        if (properties.direct() && Runtime.version().feature() < 22 && budget.limit.toBytes() > allowed) {
            throw new PropertyInvalidException(
                    "sluice.max-bytes",
                    message(
                            "is %s, and the JVM allows %s of direct memory",
                            text(budget.limit), text(DataSize.ofBytes(allowed))),
                    message(
                            "Write less, or start the JVM with -XX:MaxDirectMemorySize=%dm or more.",
                            budget.limit.toMegabytes() + 64));
        }
    }

    private void waiting() {
        Duration interval = properties.shrinkInterval();
        if (interval.compareTo(SHORTEST_INTERVAL) < 0 || interval.compareTo(LONGEST) > 0) {
            throw refuse("sluice.shrink-interval", interval, "must be from 1ms to 365d", "1s");
        }
        if (properties.maxPending() < 0) {
            throw refuse("sluice.max-pending", properties.maxPending(), "must be at least 0", "100000");
        }
    }

    private void exhaustion(Exhaustion exhaustion) {
        Duration deadline = exhaustion.deadline();
        if (deadline != null && exhaustion.policy() != WaitPolicy.Mode.DEADLINE) {
            throw new PropertyInvalidException(
                    "sluice.exhaustion.deadline",
                    message(
                            "is %s, but sluice.exhaustion.policy is %s",
                            text(deadline), exhaustion.policy().name().toLowerCase(Locale.ROOT)),
                    "Write sluice.exhaustion.policy=deadline, or remove the deadline.");
        }
        if (deadline != null && (deadline.compareTo(SHORTEST_INTERVAL) < 0 || deadline.compareTo(LONGEST) > 0)) {
            throw refuse("sluice.exhaustion.deadline", deadline, "must be from 1ms to 365d", "5s");
        }
        Duration retryAfter = exhaustion.retryAfter();
        DataSize admission = exhaustion.admissionBytes();
        if (admission.isNegative()
                || admission.compareTo(budget.limit) > 0
                || admission.toBytes() > Integer.MAX_VALUE) {
            throw refuse("sluice.exhaustion.admission-bytes", admission, "must be from 0B to " + budget.text(), "64KB");
        }
        if (retryAfter.isNegative()
                || !retryAfter.equals(retryAfter.truncatedTo(ChronoUnit.SECONDS))
                || retryAfter.compareTo(LONGEST) > 0) {
            throw refuse("sluice.exhaustion.retry-after", retryAfter, "must be whole seconds from 0s to 365d", "1s");
        }
    }

    private void bodies() {
        DataSize body = properties.maxBodyBytes();
        if (body != null && body.toBytes() < 1) {
            throw refuse("sluice.max-body-bytes", body, "must be at least 1B", "10MB");
        }
        if (properties.maxDrainBytes().isNegative()) {
            throw refuse("sluice.max-drain-bytes", properties.maxDrainBytes(), "must be at least 0B", "1MB");
        }
        Duration drain = properties.maxDrainTime();
        if (drain.isNegative() || drain.compareTo(LONGEST) > 0) {
            throw refuse("sluice.max-drain-time", drain, "must be from 0s to 365d", "5s");
        }
    }

    private void route(String name, Route route) {
        String property = "sluice.routes." + name;
        String path = route.path();
        if (path == null || !path.startsWith("/")) {
            throw refuse(property + ".path", path, "must be a pattern that begins with /", "/uploads/**");
        }
        child(property + ".max-bytes", route.maxBytes());
    }

    private void tenants(Tenants tenants) {
        String header = tenants.header();
        if (header == null) {
            if (tenants.maxBytes() != null || !tenants.limits().isEmpty()) {
                throw refuse("sluice.tenants.header", null, "is needed where tenants have limits", "X-Tenant");
            }
            return;
        }
        if (!header.matches("[!#$%&'*+.^_`|~0-9A-Za-z-]+")) {
            throw refuse("sluice.tenants.header", header, "must be the name of an HTTP header", "X-Tenant");
        }
        if (tenants.maxTenants() < 1) {
            throw refuse("sluice.tenants.max-tenants", tenants.maxTenants(), "must be at least 1", "1000");
        }
        if (tenants.maxBytes() == null && tenants.limits().isEmpty()) {
            throw refuse("sluice.tenants.max-bytes", null, "or a limit of sluice.tenants.limits is needed", "64MB");
        }
        if (tenants.maxBytes() != null) {
            child("sluice.tenants.max-bytes", tenants.maxBytes());
        }
        tenants.limits().forEach((tenant, limit) -> child("sluice.tenants.limits." + tenant, limit));
    }

    /** A budget beneath the one of all: not above it, and large enough for a chunk. */
    private void child(String property, @Nullable DataSize limit) {
        DataSize chunk = properties.chunkSize();
        if (limit == null || limit.compareTo(chunk) < 0 || limit.compareTo(budget.limit) > 0) {
            throw refuse(
                    property,
                    limit,
                    message("must be from sluice.chunk-size=%s to %s", text(chunk), budget.text()),
                    text(DataSize.ofBytes(Math.max(budget.limit.toBytes() / 4, chunk.toBytes()))));
        }
    }

    private void health(Health health) {
        if (!(health.degradedInUse() > 0 && health.degradedInUse() <= 1)) {
            throw refuse(
                    "sluice.health.degraded-in-use", health.degradedInUse(), "must be above 0 and at most 1", "0.9");
        }
        if (health.degradedPending() < 1) {
            throw refuse("sluice.health.degraded-pending", health.degradedPending(), "must be at least 1", "1000");
        }
        Integer outOfService = health.outOfServicePending();
        if (outOfService != null && outOfService < 1) {
            throw refuse("sluice.health.out-of-service-pending", outOfService, "must be at least 1", "100000");
        }
    }

    private static PropertyInvalidException refuse(
            String property, @Nullable Object value, String rule, String example) {
        String wrong = value == null ? "is not set: it " + rule : message("is %s: it %s", text(value), rule);
        return new PropertyInvalidException(property, wrong, message("Write, for example, %s=%s.", property, example));
    }

    /** A value as it would be written. */
    private static String text(Object value) {
        if (value instanceof Duration duration) {
            return DurationStyle.SIMPLE.print(duration);
        }
        return value instanceof DataSize size ? text(size) : value.toString();
    }

    private static String text(DataSize size) {
        long bytes = size.toBytes();
        String[] units = {"B", "KB", "MB", "GB"};
        int unit = 0;
        while (unit < units.length - 1 && bytes != 0 && bytes % 1024 == 0) {
            bytes /= 1024;
            unit++;
        }
        return bytes + units[unit];
    }
}
