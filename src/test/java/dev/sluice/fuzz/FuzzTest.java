package dev.sluice.fuzz;

import dev.sluice.spring.boot.FuzzProperties;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Fuzzes what reads bytes of strangers, for at most ten seconds each, and no longer than something new is found. The hour
 * is the profile {@code fuzz}.
 */
class FuzzTest {

    private static final long SEED = 1;
    private static final Duration LONGEST = Duration.ofSeconds(10);
    private static final Duration SILENCE = Duration.ofSeconds(1);

    static Stream<Class<? extends FuzzTarget>> targets() {
        return Stream.of(
                FuzzGunzip.class,
                FuzzHeader.class,
                FuzzInflate.class,
                FuzzLengthPrefixed.class,
                FuzzSplit.class,
                FuzzLines.class,
                FuzzDecode.class,
                FuzzProperties.class,
                FuzzChunkedBody.class);
    }

    @ParameterizedTest
    @MethodSource("targets")
    void endsInTimeWithATypedResultAndNothingInFlight(Class<? extends FuzzTarget> target) throws Exception {
        System.out.println(new Fuzzer(target, SEED, LONGEST, SILENCE).run());
    }
}
