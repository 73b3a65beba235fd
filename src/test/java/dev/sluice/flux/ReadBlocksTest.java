package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How many chunks are read at once. */
class ReadBlocksTest {

    private static final long UNKNOWN = SourceFile.UNKNOWN;

    @ParameterizedTest
    @CsvSource({
        // chunk, file, limit -> chunk, count
        "65536, 1000000, 9223372036854775807, 65536, 1",
        "65537, 1000000, 9223372036854775807, 65537, 1",
        "32768, 1000000, 9223372036854775807, 32768, 2",
        "4096, 1000000, 9223372036854775807, 4096, 16",
        "5000, 1000000, 9223372036854775807, 5000, 8",
        "1, 1000000, 9223372036854775807, 1, 65536",
        "4096, 1000000, 65536, 4096, 2",
        "4096, 1000000, 4096, 4096, 1",
        "65536, 100, 9223372036854775807, 100, 512",
        "65536, 9223372036854775807, 9223372036854775807, 65536, 1",
    })
    void fitsTheBudgetAndAnEfficientRead(int chunk, long file, long limit, int chunkBytes, int count) {
        assertThat(ReadBlocks.of(chunk, file, (int) Math.min(64 << 10, limit / 8)))
                .isEqualTo(new ReadBlocks(chunkBytes, count));
    }

    @ParameterizedTest
    @CsvSource({
        // requested, remaining -> bytes, of 1 KiB chunks and at most 16 of them
        "1, 1000000, 1024",
        "2, 1000000, 2048",
        "3, 1000000, 2048",
        "15, 1000000, 8192",
        "16, 1000000, 16384",
        "9223372036854775807, 1000000, 16384",
        "9223372036854775807, 9223372036854775807, 16384",
        "16, 1, 1024",
        "16, 1024, 1024",
        "16, 1025, 2048",
        "16, 2049, 4096",
        "16, 15360, 16384",
        "2, 15360, 2048",
    })
    void isWhatIsRequestedAndHardlyMoreThanRemains(long requested, long remaining, int bytes) {
        assertThat(new ReadBlocks(1024, 16).bytesFor(requested, remaining)).isEqualTo(bytes);
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "1, 1", "16, 1", "17, 2", "9223372036854775807, 576460752303423488"})
    void countsTheBlocksThatHoldWhatIsRequested(long chunks, long blocks) {
        assertThat(new ReadBlocks(1024, 16).holding(chunks)).isEqualTo(blocks);
    }
}
