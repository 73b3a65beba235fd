package dev.sluice.flux;

import dev.sluice.BufferPool;
import java.util.Set;
import java.util.function.Supplier;
import java.util.zip.Inflater;

/** {@code inflate}: the zlib format, whose header and checksum the inflater knows. */
final class StageInflate extends StageUncompress {

    private final Set<InflateOption> options;

    StageInflate(
            StageMemory memory, Supplier<Inflater> inflaters, long maxBytes, int maxRatio, Set<InflateOption> options) {
        super(new StageInflation(memory, inflaters, maxBytes, maxRatio));
        this.options = options;
    }

    @Override
    boolean advance() throws ByteStreamException {
        if (body.isFinished()) {
            if (input.remaining() > 0) {
                if (!options.contains(InflateOption.IGNORE_TRAILING)) {
                    throw new MalformedBytesException("bytes follow the end of the zlib data", input.offset());
                }
                input.skip(input.remaining());
            }
            return false;
        }
        BufferPool from = pool;
        if (from == null || body.needs(input)) {
            if (ended && !mayEnd()) {
                throw new TruncatedBytesException("the zlib data", input.offset());
            }
            return false;
        }
        return body.advance(input, from);
    }

    @Override
    boolean mayEnd() {
        return body.isFinished() || (input.offset() == 0 && options.contains(InflateOption.ALLOW_EMPTY));
    }
}
