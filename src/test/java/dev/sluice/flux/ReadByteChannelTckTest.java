package dev.sluice.flux;

/** The Reactive Streams TCK on {@link AnySource#CHANNEL}. */
public class ReadByteChannelTckTest extends SourceTck {

    public ReadByteChannelTckTest() {
        super(AnySource.CHANNEL);
    }
}
