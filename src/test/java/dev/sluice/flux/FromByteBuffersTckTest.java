package dev.sluice.flux;

/** The Reactive Streams TCK on {@link AnySource#BYTE_BUFFERS}. */
public class FromByteBuffersTckTest extends SourceTck {

    public FromByteBuffersTckTest() {
        super(AnySource.BYTE_BUFFERS);
    }
}
