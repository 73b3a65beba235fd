package dev.sluice.samples.uploadserver;

import dev.sluice.flux.Progress;
import java.util.HexFormat;
import java.util.OptionalLong;

/** One upload that goes on. Whoever looks sees what was reported last. */
final class Upload {

    private final String name;
    private final String client;
    private final OptionalLong total;
    private final long startNanos = System.nanoTime();
    private volatile long bytes;
    private volatile String sha256 = "";

    Upload(String name, String client, OptionalLong total) {
        this.name = name;
        this.client = client;
        this.total = total;
    }

    void report(Progress progress) {
        bytes = progress.bytes();
    }

    void digested(byte[] digest) {
        sha256 = HexFormat.of().formatHex(digest);
    }

    String name() {
        return name;
    }

    String sha256() {
        return sha256;
    }

    Seen seen() {
        double seconds = (System.nanoTime() - startNanos) / 1e9;
        Long all = total.isPresent() ? total.getAsLong() : null;
        return new Seen(name, client, bytes, all, seconds, Math.round(bytes / Math.max(1e-3, seconds)));
    }

    /**
     * What can be said of it now.
     *
     * @param name what it will be called
     * @param client who sends it
     * @param bytes how many have come
     * @param total how many there will be; null if the client did not say
     * @param seconds since it began
     * @param bytesPerSecond the mean
     */
    record Seen(String name, String client, long bytes, Long total, double seconds, long bytesPerSecond) {}
}
