package dev.sluice;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.testing.VirtualPoolClock;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages are for engineers: the same in every locale. */
@ParameterizedClass
@ValueSource(strings = {"de-DE", "hi-IN-u-nu-deva", "ar-EG-u-nu-arab", "fr-CH"})
class LocaleTest {

    private final Locale before = Locale.getDefault();

    LocaleTest(String language) {
        Locale.setDefault(Locale.forLanguageTag(language));
    }

    @AfterEach
    void restore() {
        Locale.setDefault(before);
    }

    @Test
    void numbersAreGroupedByCommas() {
        try (BufferPool pool = BufferPool.builder()
                .maxBytes(1_000_000)
                .clock(VirtualPoolClock.create())
                .build()) {
            assertThatThrownBy(() -> pool.acquire(1_234_567)).hasMessageContainingAll("1,234,567", "1,000,000");
            PooledBuffer held = pool.acquire(999_999);
            assertThatThrownBy(() -> pool.acquire(2_000))
                    .hasMessageContainingAll("2,000", "999,999", "1,000,000", "0 pending");
            assertThatThrownBy(() -> held.resize(1_000_000)).hasMessageContainingAll("1,000,000", "999,999");
            held.release();
            assertThatThrownBy(held::length).hasMessageContaining("999,999");
        }
        assertThatThrownBy(() -> MemoryBudget.of(2_000).child("child", 3_000))
                .hasMessageContainingAll("2,000", "3,000");
    }
}
