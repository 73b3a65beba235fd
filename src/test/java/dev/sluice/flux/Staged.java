package dev.sluice.flux;

import dev.sluice.BufferPools;
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
    LINES_OF_TEXT(flux -> flux.lines(StandardCharsets.UTF_8, 100, LineOption.ANY_BREAK)),
    LENGTH_PREFIXED(flux -> flux.lengthPrefixed(1, ByteOrder.BIG_ENDIAN, 100)),
    DECODE(flux -> flux.decode(StandardCharsets.UTF_8)),
    JOIN(flux -> flux.join(100)),
    AS_STRING(flux -> flux.asString(StandardCharsets.UTF_8, 100)),
    GZIP(BufferFlux::gzip),
    GZIP_FLUSHED(flux -> flux.gzip(6, Flush.EACH_BUFFER)),
    GUNZIP(flux -> flux.gzip().gunzip()),
    DEFLATE(BufferFlux::deflate),
    INFLATE(flux -> flux.deflate().inflate()),
    JOIN_WITH(flux -> flux.joinWith(new byte[] {1, 2})),
    SUFFIX_EACH(flux -> flux.suffixEach(new byte[] {1, 2})),
    PREFIX_LENGTHS(flux -> flux.prefixLengths(2, ByteOrder.LITTLE_ENDIAN)),
    SUFFIX(flux -> flux.suffix(new byte[] {1, 2, 3}, BufferPools.small()));

    /** Whole lines and, read otherwise, whole records with their lengths. */
    static final byte[] INPUT = "\2\r\n\5a\r\ncd\0\2\r\n".getBytes(StandardCharsets.US_ASCII);

    private final Function<BufferFlux, Publisher<?>> operator;

    Staged(Function<BufferFlux, Publisher<?>> operator) {
        this.operator = operator;
    }

    /** Whether there is a result even if there is no input. */
    boolean hasResultOfNothing() {
        return this == AS_STRING || this == GZIP || this == GZIP_FLUSHED || this == DEFLATE || this == SUFFIX;
    }

    /** Whether it takes a request to find out that there is no result of nothing. */
    boolean asksItself() {
        return this == GUNZIP || this == INFLATE;
    }

    Flux<Object> over(BufferFlux source) {
        return Flux.from(operator.apply(source)).cast(Object.class);
    }
}
