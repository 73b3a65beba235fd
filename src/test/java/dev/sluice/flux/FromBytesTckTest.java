package dev.sluice.flux;

/** The Reactive Streams TCK on {@link AnySource#BYTES}. */
public class FromBytesTckTest extends SourceTck {

    public FromBytesTckTest() {
        super(AnySource.BYTES);
    }
}
