package dev.sluice.spring;

import static dev.sluice.spring.Messages.message;

import dev.sluice.BufferPool;
import dev.sluice.PoolStats;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A bounded cache of pools, each on a child of one budget.
 *
 * <p>What is dropped is not closed, for a request may have just got it: it is garbage with its last lease, and gives
 * its idle memory back before.
 */
final class BudgetTenants {

    private static final float LOAD = 0.75f;

    /** How many pools, from the longest unused, are looked at for one that rests. */
    private static final int LOOKS = 8;

    /** Of a longer name, so many characters are shown. */
    private static final int MAX_SHOWN = 100;

    private final BufferPool parent;
    private final String header;
    private final long maxBytes;
    private final int maxTenants;
    private final BufferPool others;

    /** From the longest unused on; guarded by itself. */
    private final Map<String, BufferPool> pools = new LinkedHashMap<>(16, LOAD, true);

    BudgetTenants(BufferPool parent, String header, long maxBytes, int maxTenants) {
        this.parent = parent;
        this.header = header;
        this.maxBytes = maxBytes;
        this.maxTenants = maxTenants;
        this.others = child(parent, header + " (others)", maxBytes);
    }

    static BufferPool child(BufferPool parent, String name, long maxBytes) {
        return BufferPool.builder()
                .name(parent.name() + ", " + name)
                .budget(parent.budget().child(name, maxBytes))
                .direct(parent.isDirect())
                .leakDetection(parent.leakDetection())
                .build();
    }

    /** A name that a client may have chosen, so that it changes no line of a log and no text around it. */
    static String shown(String tenant) {
        StringBuilder shown = new StringBuilder();
        tenant.codePoints().limit(MAX_SHOWN).forEach(c -> {
            switch (Character.getType(c)) {
                case Character.CONTROL,
                        Character.FORMAT,
                        Character.LINE_SEPARATOR,
                        Character.PARAGRAPH_SEPARATOR,
                        Character.PRIVATE_USE,
                        Character.SURROGATE,
                        Character.UNASSIGNED -> shown.append(message("\\u{%x}", c));
                default -> shown.appendCodePoint(c);
            }
        });
        return tenant.codePointCount(0, tenant.length()) > MAX_SHOWN
                ? shown.append('…').toString()
                : shown.toString();
    }

    BufferPool of(String tenant) {
        BufferPool dropped = null;
        BufferPool pool;
        synchronized (pools) {
            pool = pools.get(tenant);
            if (pool == null) {
                if (pools.size() >= maxTenants) {
                    dropped = dropOneAtRest();
                    if (dropped == null) {
                        return others;
                    }
                }
                pool = child(parent, header + " " + shown(tenant), maxBytes);
                pools.put(tenant, pool);
            }
        }
        if (dropped != null) {
            dropped.clear();
        }
        return pool;
    }

    /** The pools of tenants, and the one that those beyond share. */
    List<BufferPool> all() {
        synchronized (pools) {
            return Stream.concat(pools.values().stream(), Stream.of(others)).toList();
        }
    }

    private @Nullable BufferPool dropOneAtRest() {
        Iterator<BufferPool> eldest = pools.values().iterator();
        for (int looked = 0; looked < LOOKS && eldest.hasNext(); looked++) {
            BufferPool pool = eldest.next();
            PoolStats stats = pool.stats();
            if (stats.buffersInUse() == 0 && stats.pending() == 0 && stats.demand() == 0) {
                eldest.remove();
                return pool;
            }
        }
        return null;
    }
}
