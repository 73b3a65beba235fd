package dev.sluice.netty;

import io.netty.channel.DefaultFileRegion;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;

/** A part of a file that fails when the file has less than it claims, where Netty would try again for ever. */
final class SendFileRegion extends DefaultFileRegion {

    private static final int MAX_IN_VAIN = 2;

    private final FileChannel file;
    private int inVain;

    SendFileRegion(FileChannel file, long offset, long length) {
        super(file, offset, length);
        this.file = file;
    }

    /** A socket that takes nothing returns 0 as well, but not while the file ends where it is read. */
    @Override
    public long transferTo(WritableByteChannel target, long position) throws IOException {
        long written = super.transferTo(target, position);
        if (written > 0 || position >= count()) {
            inVain = 0;
        } else if (++inVain >= MAX_IN_VAIN && file.read(ByteBuffer.allocate(1), position() + position) < 0) {
            throw new EOFException(NettyBuffers.message(
                    "the file ends after %,d bytes of the %,d that were to be sent", position, count()));
        }
        return written;
    }
}
