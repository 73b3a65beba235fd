package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import java.util.zip.Checksum;
import reactor.core.publisher.Mono;

/** {@code digest} and {@code checksum}: a number that the JDK makes of all bytes. */
final class DigestSum {

    private DigestSum() {}

    static Mono<byte[]> digestOf(BufferFlux source, String algorithm) {
        return Mono.defer(() -> {
            MessageDigest digest = newDigest(algorithm);
            return sum(source, digest::update).then(Mono.fromSupplier(digest::digest));
        });
    }

    static Mono<Long> checksumOf(BufferFlux source, Supplier<? extends Checksum> checksums) {
        return Mono.defer(() -> {
            Checksum checksum = newChecksum(checksums);
            return sum(source, checksum::update).then(Mono.fromSupplier(checksum::getValue));
        });
    }

    private static Mono<Void> sum(BufferFlux source, Consumer<? super ByteBuffer> sum) {
        return source.consume(buffer -> {
                    sum.accept(contentOf(buffer));
                    return Boolean.TRUE;
                })
                .then();
    }

    static FluxDigest.Inspection digesting(String algorithm, Consumer<? super byte[]> whenComplete) {
        MessageDigest digest = newDigest(algorithm);
        return inspection(digest::update, () -> whenComplete.accept(digest.digest()));
    }

    static FluxDigest.Inspection checksumming(Supplier<? extends Checksum> checksums, LongConsumer whenComplete) {
        Checksum checksum = newChecksum(checksums);
        return inspection(checksum::update, () -> whenComplete.accept(checksum.getValue()));
    }

    static FluxDigest.Inspection peeking(Consumer<? super PooledBuffer> fn) {
        return new FluxDigest.Inspection() {
            @Override
            public void add(PooledBuffer buffer) {
                fn.accept(buffer);
            }

            @Override
            public void complete() {}
        };
    }

    /** Each subscription of the sink counts by itself. What it has counted is read when the sink has answered. */
    static <T> Mono<Digested<T>> with(
            BufferFlux source, String algorithm, Function<? super BufferFlux, ? extends Mono<? extends T>> sink) {
        return Mono.defer(() -> {
            AtomicReference<Counting> last = new AtomicReference<>(new Counting(newDigest(algorithm)));
            BufferFlux passing = BufferFlux.assembled(new FluxDigest(source, () -> {
                Counting counting = new Counting(newDigest(algorithm));
                last.set(counting);
                return counting;
            }));
            return ForeignCode.<Mono<? extends T>>made(() -> sink.apply(passing), Mono::error)
                    .map(result -> last.get().with(result));
        });
    }

    /** Digests, and counts bytes and buffers. */
    private static final class Counting implements FluxDigest.Inspection {

        private final MessageDigest digest;
        private long bytes;
        private long buffers;

        Counting(MessageDigest digest) {
            this.digest = digest;
        }

        @Override
        public void add(PooledBuffer buffer) {
            digest.update(contentOf(buffer));
            bytes += buffer.length();
            buffers++;
        }

        @Override
        public void complete() {}

        <T> Digested<T> with(T result) {
            return new Digested<>(result, digest.digest(), bytes, buffers);
        }
    }

    private static FluxDigest.Inspection inspection(Consumer<? super ByteBuffer> sum, Runnable whenComplete) {
        return new FluxDigest.Inspection() {
            @Override
            public void add(PooledBuffer buffer) {
                sum.accept(contentOf(buffer));
            }

            @Override
            public void complete() {
                whenComplete.run();
            }
        };
    }

    /** Not a read-only view: of those that are not direct, the JDK would copy every byte. */
    private static ByteBuffer contentOf(PooledBuffer buffer) {
        return buffer.byteBuffer().duplicate().clear().limit(buffer.length());
    }

    /** Also to find out, when an operator is assembled, whether there is such an algorithm. */
    static MessageDigest newDigest(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalArgumentException(Messages.message("this JVM has no digest called %s", algorithm), e);
        }
    }

    private static Checksum newChecksum(Supplier<? extends Checksum> checksums) {
        return Objects.requireNonNull(checksums.get(), "the checksum");
    }
}
