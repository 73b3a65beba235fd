package dev.sluice.flux;

import dev.sluice.BudgetTooSmallException;
import dev.sluice.BufferPool;
import dev.sluice.MemoryBudget;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** Whether budgets and pools can hold what reserves should. */
final class ReserveLimits {

    private ReserveLimits() {}

    /**
     * Whether a pipeline needs more than there could ever be, whatever others do.
     *
     * @return what to throw then; null if the budgets are large enough
     */
    static @Nullable BudgetTooSmallException exceeded(
            ReservePlace top, Map<ReserveAccount, Map<ReservePlace, Integer>> needs) {
        Map<BufferPool, ReserveClaims> all = new LinkedHashMap<>();
        needs.forEach((account, capacities) ->
                all.merge(Reserve.poolOf(account), ReserveMachine.claimsOf(top, capacities), ReserveClaims::plus));
        String refusing = refusing(all, unused -> 0);
        if (refusing == null) {
            return null;
        }
        long needed = 0;
        long limit = Long.MAX_VALUE;
        for (Map.Entry<BufferPool, ReserveClaims> each : all.entrySet()) {
            needed += each.getValue().bytes();
            limit = Math.min(limit, each.getKey().budget().limit());
        }
        return new BudgetTooSmallException(refusing, needed, limit);
    }

    /**
     * Whether a place would wait for what only its own pipeline could give back, or others that wait likewise.
     *
     * @param held what these hold
     * @param wanted what is wanted beside that
     * @return what to throw then; null if the budget is large enough
     */
    static @Nullable BudgetTooSmallException stuck(BufferPool pool, long held, long wanted) {
        long limit = pool.budget().limit();
        if (held == 0 || held + wanted <= limit) {
            return null;
        }
        return new BudgetTooSmallException(
                Messages.message(
                        "pipelines hold %,d bytes of pool '%s' until they get %,d more, and the limit of budget '%s'"
                                + " is %,d: raise the limit to %,d, or hold less",
                        held, pool.name(), wanted, pool.budget().name(), limit, held + wanted),
                held + wanted,
                limit);
    }

    static MemoryBudget outermost(BufferPool pool) {
        MemoryBudget budget = pool.budget();
        for (MemoryBudget next = budget.parent(); next != null; next = next.parent()) {
            budget = next;
        }
        return budget;
    }

    /**
     * What cannot hold these claims, in words and numbers; null if all is large enough.
     *
     * @param beside how many bytes of a budget are needed beside them
     */
    static @Nullable String refusing(Map<BufferPool, ReserveClaims> all, ToLongFunction<MemoryBudget> beside) {
        Map<MemoryBudget, Long> sums = new LinkedHashMap<>();
        for (Map.Entry<BufferPool, ReserveClaims> each : all.entrySet()) {
            BufferPool pool = each.getKey();
            for (Map.Entry<Integer, Integer> count :
                    each.getValue().countsByCapacity().entrySet()) {
                if (count.getValue() > pool.maxBuffersPerSize()) {
                    return Messages.message(
                            "the pipeline needs at least %,d buffers of %,d bytes at once, and pool '%s' has at most"
                                    + " %,d",
                            count.getValue(), count.getKey(), pool.name(), pool.maxBuffersPerSize());
                }
            }
            for (MemoryBudget budget = pool.budget(); budget != null; budget = budget.parent()) {
                long sum = sums.merge(budget, each.getValue().bytes(), Long::sum);
                if (sum + beside.applyAsLong(budget) > budget.limit()) {
                    return Messages.message(
                            "the pipeline needs at least %,d bytes at once, in buffers of %s bytes, and the limit of"
                                    + " budget '%s' is %,d: raise the limit, or make chunks smaller",
                            sum, each.getValue(), budget.name(), budget.limit());
                }
            }
        }
        return null;
    }
}
