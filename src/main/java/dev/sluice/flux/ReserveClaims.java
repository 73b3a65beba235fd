package dev.sluice.flux;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Capacities of buffers, largest first: what a place and those below it may need at once, or what there is. Immutable.
 *
 * <p>Some buffers <em>cover</em> claims if each claim can have a buffer of its own that is large enough. With both
 * sorted, that is so exactly if the first buffer is as large as the first claim, the second as the second, and so on.
 */
final class ReserveClaims {

    static final ReserveClaims NONE = new ReserveClaims(new int[0]);

    /** Descending. */
    private final int[] capacities;

    private ReserveClaims(int[] capacities) {
        this.capacities = capacities;
    }

    /** These, and so many more of one capacity. */
    ReserveClaims plus(int capacity, int times) {
        if (times <= 0) {
            return this;
        }
        int[] sum = new int[capacities.length + times];
        int at = 0;
        while (at < capacities.length && capacities[at] >= capacity) {
            sum[at] = capacities[at];
            at++;
        }
        Arrays.fill(sum, at, at + times, capacity);
        System.arraycopy(capacities, at, sum, at + times, capacities.length - at);
        return new ReserveClaims(sum);
    }

    /** Both at once. */
    ReserveClaims plus(ReserveClaims others) {
        ReserveClaims sum = this;
        for (int capacity : others.capacities) {
            sum = sum.plus(capacity, 1);
        }
        return sum;
    }

    /** These without one of a capacity; the same if there is none. */
    ReserveClaims minus(int capacity) {
        for (int i = 0; i < capacities.length; i++) {
            if (capacities[i] == capacity) {
                int[] rest = new int[capacities.length - 1];
                System.arraycopy(capacities, 0, rest, 0, i);
                System.arraycopy(capacities, i + 1, rest, i, rest.length - i);
                return new ReserveClaims(rest);
            }
        }
        return this;
    }

    /** The fewest and smallest that cover these as well as the others, though not both at once. */
    ReserveClaims max(ReserveClaims other) {
        if (covers(other)) {
            return this;
        } else if (other.covers(this)) {
            return other;
        }
        int[] more = capacities.length > other.capacities.length ? capacities : other.capacities;
        int[] fewer = more == capacities ? other.capacities : capacities;
        int[] both = more.clone();
        for (int i = 0; i < fewer.length; i++) {
            both[i] = Math.max(both[i], fewer[i]);
        }
        return new ReserveClaims(both);
    }

    /** Whether each of the claims can have one of these for itself. */
    boolean covers(ReserveClaims claims) {
        return claims.without(this).isNone();
    }

    boolean isNone() {
        return capacities.length == 0;
    }

    /** What lacks so that these are covered: each claim that finds no buffer for itself. */
    ReserveClaims without(ReserveClaims available) {
        ReserveClaims lacking = NONE;
        int next = 0;
        for (int capacity : capacities) {
            if (next < available.capacities.length && available.capacities[next] >= capacity) {
                next++;
            } else {
                lacking = lacking.plus(capacity, 1);
            }
        }
        return lacking;
    }

    /** One by one, largest first. */
    List<Integer> each() {
        return Arrays.stream(capacities).boxed().toList();
    }

    long bytes() {
        long sum = 0;
        for (int capacity : capacities) {
            sum += capacity;
        }
        return sum;
    }

    /** How many there are of each capacity. */
    Map<Integer, Integer> countsByCapacity() {
        Map<Integer, Integer> counts = new HashMap<>();
        for (int capacity : capacities) {
            counts.merge(capacity, 1, Integer::sum);
        }
        return counts;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ReserveClaims claims && Arrays.equals(capacities, claims.capacities);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(capacities);
    }

    @Override
    public String toString() {
        return Arrays.toString(capacities);
    }
}
