package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.LeakReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Hooks;
import reactor.core.scheduler.Schedulers;

/**
 * Holds the table of {@code docs/reactor-operators.md} to what Reactor does: each operator goes through its trials, and
 * whether it loses a lease in one of them is its verdict. With {@code -Ddocs.write=true}, the table is written.
 */
class ReactorOperatorsTest extends FluxTest {

    private static final Path PAGE = Path.of("docs", "reactor-operators.md");
    private static final String BEGIN = "<!-- operators: written by ReactorOperatorsTest -->";
    private static final String END = "<!-- end of operators -->";
    private static final int ROUNDS = 20;

    private enum Verdict {
        SAFE("safe"),
        CARE("safe with care"),
        REPLACE("use another");

        private final String text;

        Verdict(String text) {
            this.text = text;
        }
    }

    /** What became of an operator. */
    private record Finding(
            ReactorOperators.Row row, Verdict verdict, String trial, LossProbe.@Nullable Account account) {

        String line() {
            String when = trial.isEmpty() ? "" : "loses: " + trial;
            return "| %s | %s | %s | %s |".formatted(row.names(), verdict.text, when, row.advice());
        }
    }

    private Path file;

    @BeforeEach
    void prepare() throws IOException {
        Hooks.onErrorDropped(error -> {});
        Hooks.onNextDropped(buffer -> {});
        file = Files.write(dir.resolve("probed"), new byte[LossProbe.CHUNKS * LossProbe.CHUNK_BYTES]);
    }

    @AfterEach
    void reset() {
        Hooks.resetOnErrorDropped();
        Hooks.resetOnNextDropped();
    }

    static Stream<ReactorOperators.Row> rows() {
        return ReactorOperators.ROWS.stream();
    }

    @Test
    void theTableSaysWhatReactorDoes() throws IOException {
        List<Finding> findings = rows().map(this::find).toList();
        List<String> table =
                new ArrayList<>(List.of("| operator | verdict | why | what to mind, or to use |", "|---|---|---|---|"));
        findings.forEach(finding -> table.add(finding.line()));
        String page = Files.readString(PAGE);
        int from = page.indexOf(BEGIN) + BEGIN.length();
        int to = page.indexOf(END);
        String expected = "\n" + String.join("\n", table) + "\n";
        if (Boolean.getBoolean("docs.write")) {
            page = page.substring(0, from) + expected + page.substring(to);
            Files.writeString(PAGE, page);
            to = page.indexOf(END);
        }
        assertThat(page.substring(from, to))
                .as("%s; -Ddocs.write=true writes it", PAGE)
                .isEqualTo(expected);
        everyLossIsFound(findings);
    }

    private Finding find(ReactorOperators.Row row) {
        if (row.directed() != null) {
            LossProbe.Account left = new LossTrial("", row.directed()).runOn(new LossProbe(file, false));
            return left.leasesOut() > 0
                    ? new Finding(row, Verdict.REPLACE, row.when(), left)
                    : new Finding(row, Verdict.SAFE, "", null);
        }
        Optional<Finding> loss = firstLoss(row, Verdict.REPLACE, LossTrial.of(row.pipeline()), false);
        if (loss.isEmpty() && row.careless() != null) {
            loss = firstLoss(row, Verdict.CARE, LossTrial.of(row.careless()), false);
            assertThat(loss).as("a careless use of %s that loses", row).isPresent();
        }
        if (loss.isEmpty()) {
            loss = firstLoss(row, Verdict.CARE, List.of(LossTrial.throwing(row.pipeline())), true);
        }
        return loss.orElseGet(() -> new Finding(row, Verdict.SAFE, "", null));
    }

    private Optional<Finding> firstLoss(
            ReactorOperators.Row row, Verdict verdict, List<LossTrial> trials, boolean throwing) {
        for (LossTrial trial : trials) {
            LossProbe.Account left = trial.runOn(new LossProbe(file, throwing));
            if (left.leasesOut() > 0) {
                return Optional.of(new Finding(row, verdict, trial.name(), left));
            }
            left.pool.close();
        }
        return Optional.empty();
    }

    /** What is lost comes back when the collector has run, and the report says which pipeline lost it. */
    private static void everyLossIsFound(List<Finding> findings) {
        for (Finding finding : findings) {
            LossProbe.Account account = finding.account();
            if (account != null) {
                eventually(
                        () -> {
                            if (account.leasesOut() > 0 || account.reports.isEmpty()) {
                                System.gc();
                            }
                            return account.leasesOut() == 0 && !account.reports.isEmpty();
                        },
                        () -> finding + ": " + account.pool);
                assertThat(account.reports)
                        .as("reports of %s", finding.row())
                        .extracting(LeakReport::holder)
                        .allSatisfy(holder -> assertThat(holder)
                                .startsWith("BufferFlux.read(")
                                .contains(LossProbe.PLACE));
                assertThat(account.pool.stats().allocatedBytes()
                                - account.pool.stats().idleBytes())
                        .isZero();
                account.pool.close();
            }
        }
    }

    /** The interleavings of real threads, for what the table calls safe. */
    @ParameterizedTest
    @MethodSource("rows")
    void whatIsSafeLosesNothingOnRealThreads(ReactorOperators.Row row) throws InterruptedException {
        if (row.pipeline() == null || find(row).verdict() == Verdict.REPLACE) {
            return;
        }
        for (int round = 0; round < ROUNDS; round++) {
            LossProbe probe = new LossProbe(file, false);
            CountDownLatch some = new CountDownLatch(round % 4);
            BufferFlux source =
                    BufferFlux.from(probe.read(Schedulers.boundedElastic()).doOnNext(buffer -> some.countDown()));
            probe.subscribe(row.pipeline().over(source, probe));
            probe.last.requestUnbounded();
            probe.tasks.runAll();
            probe.clock.advanceTimeBy(Duration.ofMillis(1500));
            some.await(20, TimeUnit.MILLISECONDS); // some operators never ask for so many
            probe.last.cancel();
            probe.settle();
            eventually(() -> probe.account.leasesOut() == 0, () -> row + ": " + probe.account.pool);
            probe.clock.dispose();
            probe.account.pool.close();
        }
    }
}
