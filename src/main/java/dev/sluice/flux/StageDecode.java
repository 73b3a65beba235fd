package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import org.jspecify.annotations.Nullable;

/** {@code decode}: one decoder over all buffers, whose bytes pass through an array piece by piece. */
final class StageDecode implements Stage<String> {

    private static final int PIECE_BYTES = 8 << 10;

    private final CharsetDecoder decoder;
    private final StageCursor input = new StageCursor();
    private final ByteBuffer bytes = ByteBuffer.allocate(PIECE_BYTES).flip();
    private final CharBuffer chars = CharBuffer.allocate(PIECE_BYTES);
    private boolean ended;

    /** Bytes are left that need no more input, but room for characters, or that are an error. */
    private boolean stuck;

    private boolean decoded;
    private boolean flushed;

    StageDecode(Charset charset, CodingErrorAction action) {
        decoder = charset.newDecoder().onMalformedInput(action).onUnmappableCharacter(action);
    }

    @Override
    public void accept(PooledBuffer next) {
        input.accept(next);
    }

    @Override
    public @Nullable String next() throws MalformedBytesException {
        while (chars.position() == 0 && !flushed) {
            if (stuck) {
                stuck = !decode(false);
            } else if (input.remaining() > 0) {
                bytes.compact();
                input.copyTo(bytes);
                bytes.flip();
                stuck = !decode(false);
            } else if (!ended) {
                return null;
            } else if (decoded) {
                flushed = decoder.flush(chars).isUnderflow();
            } else {
                decoded = decode(true);
            }
        }
        return takeChars();
    }

    /** Returns whether all was decoded that can be. An error waits until what came before it was taken out. */
    private boolean decode(boolean last) throws MalformedBytesException {
        CoderResult result = decoder.decode(bytes, chars, last);
        if (result.isError() && chars.position() == 0) {
            String problem = Messages.message(
                    result.length() == 1 ? "a byte that is %2$s in %3$s" : "%,d bytes that are %s in %s",
                    result.length(),
                    result.isMalformed() ? "malformed" : "unmappable",
                    decoder.charset().name());
            throw new MalformedBytesException(problem, input.offset() - bytes.remaining());
        }
        return result.isUnderflow();
    }

    private @Nullable String takeChars() {
        if (chars.position() == 0) {
            return null;
        }
        String text = chars.flip().toString();
        chars.clear();
        return text;
    }

    @Override
    public void end() {
        ended = true;
    }

    @Override
    public void release() {
        input.release();
    }
}
