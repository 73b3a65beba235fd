package dev.sluice.flux;

/** The Reactive Streams TCK on {@link AnySource#STREAM}. */
public class ReadInputStreamTckTest extends SourceTck {

    public ReadInputStreamTckTest() {
        super(AnySource.STREAM);
    }
}
