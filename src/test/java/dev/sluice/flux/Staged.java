package dev.sluice.flux;

import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

/** Every operator that is a stage, to be fed with {@link #INPUT} or a part of it. */
enum Staged {
    RECHUNK(flux -> flux.rechunk(3)),
    RECHUNK_LONG(flux -> flux.rechunk(100)),
    TAKE(flux -> flux.takeBytes(7)),
    SKIP(flux -> flux.skipBytes(3)),
    RANGE(flux -> flux.byteRange(2, 7)),
    SPLIT(flux -> flux.split("\r\n".getBytes(StandardCharsets.US_ASCII), 100)),
    LINES(flux -> flux.lines(StandardCharsets.UTF_8, 100)),
    LENGTH_PREFIXED(flux -> flux.lengthPrefixed(1, ByteOrder.BIG_ENDIAN, 100)),
    DECODE(flux -> flux.decode(StandardCharsets.UTF_8)),
    JOIN(flux -> flux.join(100)),
    AS_STRING(flux -> flux.asString(StandardCharsets.UTF_8, 100));

    /** Whole lines and, read otherwise, whole records with their lengths. */
    static final byte[] INPUT = "\2\r\n\5a\r\ncd\0\2\r\n".getBytes(StandardCharsets.US_ASCII);

    private final Function<BufferFlux, Publisher<?>> operator;

    Staged(Function<BufferFlux, Publisher<?>> operator) {
        this.operator = operator;
    }

    Flux<Object> over(BufferFlux source) {
        return Flux.from(operator.apply(source)).cast(Object.class);
    }
}
