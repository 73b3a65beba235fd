package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** What a view looks like before its holder has touched it. */
final class ViewAssertions {

    private ViewAssertions() {}

    static void assertFresh(ByteBuffer view, int size, boolean direct) {
        assertThat(view.position()).as("position").isZero();
        assertThat(view.limit()).as("limit").isEqualTo(size);
        assertThat(view.order()).as("order").isEqualTo(ByteOrder.BIG_ENDIAN);
        assertThat(view.isReadOnly()).as("read-only").isFalse();
        assertThat(view.isDirect()).as("direct").isEqualTo(direct);
        assertThat(view.hasArray()).as("has an array").isEqualTo(!direct);
    }
}
