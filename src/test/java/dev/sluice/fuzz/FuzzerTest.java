package dev.sluice.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** Four bytes that are looked at one after the other would take four billion inputs without a guide. */
class FuzzerTest {

    private static final Duration LONGEST = Duration.ofMinutes(1);

    @Test
    void coverageLeadsToWhatIsBroken() {
        Fuzzer fuzzer = new Fuzzer(BrokenFuzz.class, 1, LONGEST, LONGEST);
        assertThatThrownBy(fuzzer::run)
                .hasMessageStartingWith("dev.sluice.fuzz.BrokenFuzz failed on 536c7569")
                .hasCauseInstanceOf(IllegalStateException.class);
    }

    @Test
    void whatNeverEndsIsFoundWithTheStack() {
        Fuzzer fuzzer = new Fuzzer(Endless.class, 1, LONGEST, LONGEST, Duration.ofMillis(100));
        assertThatThrownBy(fuzzer::run)
                .hasMessageStartingWith("dev.sluice.fuzz.FuzzerTest$Endless is not done after PT0.1S on ")
                .satisfies(hang -> assertThat(hang.getStackTrace())
                        .anyMatch(frame -> frame.getMethodName().equals("accept")));
    }

    /** Waits for ever. */
    public static final class Endless implements FuzzTarget {

        @Override
        public void accept(byte[] input) {
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public List<byte[]> seeds() {
            return List.of(new byte[1]);
        }
    }
}
