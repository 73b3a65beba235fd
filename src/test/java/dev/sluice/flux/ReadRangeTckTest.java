package dev.sluice.flux;

/** The Reactive Streams TCK on {@link AnySource#RANGE}. */
public class ReadRangeTckTest extends SourceTck {

    public ReadRangeTckTest() {
        super(AnySource.RANGE);
    }
}
