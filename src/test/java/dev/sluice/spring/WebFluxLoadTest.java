package dev.sluice.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.spring.WebFluxLoad.Outcome;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Many uploads at once, under a budget that has not one of them. */
class WebFluxLoadTest {

    @Test
    void twentyUploadsGetThroughOneMebibyteAndTheBudgetIsKept() throws Exception {
        check(new WebFluxLoad(20, 5 << 20, 5 << 20, 1 << 20));
    }

    @Tag("long")
    @Test
    void twoHundredUploadsGetThroughThirtyTwoMebibytesAndTheBudgetIsKept() throws Exception {
        check(new WebFluxLoad(200, 50 << 20, 2 << 20, 32 << 20));
    }

    private static void check(WebFluxLoad load) throws IOException, InterruptedException {
        List<LoadContent> contents = load.contents();
        Outcome pooled = load.run(true, contents);
        assertThat(pooled.failures()).isEmpty();
        assertThat(pooled.filesLeft()).isEmpty();
        assertThat(pooled.server().get("pool.limit")).isEqualTo(load.maxBytes());
        assertThat(pooled.server().get("pool.peak")).isPositive().isLessThanOrEqualTo(load.maxBytes());
        assertThat(pooled.server().get("pool.inUse")).isZero();
        assertThat(pooled.server().get("pool.pending")).isZero();
        assertThat(pooled.server().get("pool.lost")).isZero();

        Outcome plain = load.run(false, contents);
        assertThat(plain.failures()).isEmpty();
        System.out.println(load.table(pooled, plain));
    }
}
