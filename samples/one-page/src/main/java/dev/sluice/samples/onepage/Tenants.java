package dev.sluice.samples.onepage;

import dev.sluice.BufferPool;
import dev.sluice.MemoryBudget;
import dev.sluice.PooledBuffer;
import java.util.ArrayList;
import java.util.List;

/** Two tenants under one budget of 1 MiB, of which one may have a quarter; what that one does not use, the other may. */
final class Tenants {

    private Tenants() {}

    public static void main(String[] arguments) {
        MemoryBudget process = MemoryBudget.of("process", 1 << 20);
        MemoryBudget quarter = process.child("quarter", 1 << 18);
        try (BufferPool greedy = BufferPool.builder().budget(quarter).build();
                BufferPool other = BufferPool.builder().budget(process).build()) {
            List<PooledBuffer> held = leaseAll(greedy);
            System.out.println("greedy: " + held.size() + " buffers of 64 KiB");
            System.out.println("the other, meanwhile: " + releaseAll(leaseAll(other)));
            releaseAll(held);
            System.out.println("the other, after that: " + releaseAll(leaseAll(other)));
        }
    }

    private static List<PooledBuffer> leaseAll(BufferPool pool) {
        List<PooledBuffer> leases = new ArrayList<>();
        while (pool.tryAcquire(1 << 16).map(leases::add).orElse(false)) {
            // as long as there is one
        }
        return leases;
    }

    private static int releaseAll(List<PooledBuffer> leases) {
        leases.forEach(PooledBuffer::release);
        return leases.size();
    }
}
