package dev.sluice.flux;

/** The Reactive Streams TCK on {@link AnySource#ASYNCHRONOUS_CHANNEL}. */
public class ReadAsynchronousByteChannelTckTest extends SourceTck {

    public ReadAsynchronousByteChannelTckTest() {
        super(AnySource.ASYNCHRONOUS_CHANNEL);
    }
}
