package dev.sluice.flux;

import java.nio.charset.StandardCharsets;
import org.reactivestreams.Publisher;

/** The Reactive Streams TCK on an operator that is a {@link Stage}. */
public class StageTckTest extends FileTck<String> {

    @Override
    Publisher<String> over(BufferFlux chunks) {
        return chunks.decode(StandardCharsets.US_ASCII);
    }
}
