package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.time.Duration;
import java.util.zip.CRC32;
import org.reactivestreams.Publisher;

/** The Reactive Streams TCK on operators that look at buffers as they pass. */
public class ProgressTckTest extends FileTck<PooledBuffer> {

    @Override
    Publisher<PooledBuffer> over(BufferFlux chunks) {
        return ReadTckTest.releasing(chunks.progress(Progress.every(Duration.ofMillis(1)), report -> {})
                .checksum(CRC32::new, sum -> {}));
    }
}
