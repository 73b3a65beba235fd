package dev.sluice.spring;

import java.util.concurrent.atomic.AtomicLong;

/** The account of what a factory allocated beside its pool: {@code 0 <= used <= limit}. */
final class PoolDataOverflow {

    private final long limit;
    private final AtomicLong used = new AtomicLong();

    PoolDataOverflow(long limit) {
        this.limit = limit;
    }

    /** Charges all or nothing; a thread that loses the race for the last bytes gets nothing. */
    boolean tryCharge(int bytes) {
        long before = used.get();
        while (bytes <= limit - before) {
            if (used.compareAndSet(before, before + bytes)) {
                return true;
            }
            before = used.get();
        }
        return false;
    }

    void credit(int bytes) {
        used.addAndGet(-bytes);
    }

    long used() {
        return used.get();
    }

    long limit() {
        return limit;
    }
}
