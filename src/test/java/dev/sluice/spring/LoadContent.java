package dev.sluice.spring;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Random;

/**
 * What an upload is made of: one block of random bytes, over and over. Its length is odd, so that no two buffers of a
 * stream are alike.
 */
final class LoadContent {

    private static final int BLOCK_BYTES = (1 << 20) + 13;

    private final byte[] block = new byte[BLOCK_BYTES];
    private final long length;
    private final String sha256;

    LoadContent(long seed, long length) {
        new Random(seed).nextBytes(block);
        this.length = length;
        this.sha256 = digest();
    }

    long length() {
        return length;
    }

    String sha256() {
        return sha256;
    }

    /** The bytes from a position to the end of its block, the content, or what is wanted, whichever is nearest. */
    ByteBuffer at(long position, int wanted) {
        int from = (int) (position % BLOCK_BYTES);
        int size = (int) Math.min(Math.min(wanted, BLOCK_BYTES - from), length - position);
        return ByteBuffer.wrap(block, from, size);
    }

    private String digest() {
        MessageDigest digest = newSha256();
        for (long position = 0; position < length; ) {
            ByteBuffer bytes = at(position, BLOCK_BYTES);
            position += bytes.remaining();
            digest.update(bytes);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    static MessageDigest newSha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
