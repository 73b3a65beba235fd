package dev.sluice.flux;

/** The Reactive Streams TCK on {@link AnySource#STRING}. */
public class FromStringTckTest extends SourceTck {

    public FromStringTckTest() {
        super(AnySource.STRING);
    }
}
