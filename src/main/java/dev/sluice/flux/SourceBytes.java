package dev.sluice.flux;

import java.nio.ByteBuffer;

/** {@link ByteSources#bytes} and {@link BufferFlux#fromByteBuffers}: bytes that are in memory already. */
final class SourceBytes implements ByteSource {

    private final ByteBuffer bytes;

    /**
     * Makes a source.
     *
     * @param bytes from position to limit; only this uses its position
     */
    SourceBytes(ByteBuffer bytes) {
        this.bytes = bytes;
    }

    @Override
    public long remainingBytes() {
        return bytes.remaining();
    }

    @Override
    public boolean isAtEnd() {
        return !bytes.hasRemaining();
    }

    @Override
    public boolean isAtHand() {
        return true;
    }

    @Override
    public Read read(ByteBuffer target) {
        int length = Math.min(target.remaining(), bytes.remaining());
        target.put(target.position(), bytes, bytes.position(), length);
        target.position(target.position() + length);
        bytes.position(bytes.position() + length);
        return Read.ENOUGH;
    }

    @Override
    public void close() {}
}
