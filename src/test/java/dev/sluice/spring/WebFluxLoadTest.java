package dev.sluice.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.spring.WebFluxLoad.Outcome;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Many uploads at once, under a budget that has not one of them. */
class WebFluxLoadTest {

    @Test
    void twentyUploadsGetThroughOneMebibyteAndTheBudgetIsKept() throws Exception {
        WebFluxLoad load = new WebFluxLoad(20, 5 << 20, 5 << 20, 1 << 20);
        check(load, load.run(true, load.contents()));
    }

    /** Prints what it took, with Sluice and without. */
    @Tag("long")
    @Test
    void twoHundredUploadsGetThroughThirtyTwoMebibytesAndTheBudgetIsKept() throws Exception {
        WebFluxLoad load = new WebFluxLoad(200, 50 << 20, 2 << 20, 32 << 20);
        List<LoadContent> contents = load.contents();
        Outcome pooled = load.run(true, contents);
        check(load, pooled);
        Outcome plain = load.run(false, contents);
        assertThat(plain.failures()).isEmpty();
        System.out.println(load.table(pooled, plain));
    }

    private static void check(WebFluxLoad load, Outcome pooled) {
        assertThat(pooled.failures()).isEmpty();
        assertThat(pooled.filesLeft()).isEmpty();
        assertThat(pooled.server().get("pool.limit")).isEqualTo(load.maxBytes());
        assertThat(pooled.server().get("pool.peak")).isPositive().isLessThanOrEqualTo(load.maxBytes());
        assertThat(pooled.server().get("pool.inUse")).isZero();
        assertThat(pooled.server().get("pool.pending")).isZero();
        assertThat(pooled.server().get("pool.lost")).isZero();
    }
}
