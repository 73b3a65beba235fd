package dev.sluice.flux;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.GatheringByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.concurrent.ForkJoinPool;
import reactor.core.publisher.Mono;

/** Every target that somebody else closes, on top of what a test says that writing does. */
enum AnySink {
    STREAM {
        @Override
        Mono<Long> write(BufferFlux source, Device device) {
            return source.writeTo(ByteSinks.stream(new OutputStream() {
                @Override
                public void write(int value) {
                    throw new AssertionError("one byte at a time");
                }

                @Override
                public void write(byte[] bytes, int offset, int length) throws IOException {
                    ByteBuffer left = ByteBuffer.wrap(bytes, offset, length);
                    while (left.hasRemaining()) {
                        device.write(left);
                    }
                }

                @Override
                public void flush() throws IOException {
                    device.flush();
                }

                @Override
                public void close() {
                    throw new AssertionError("closed");
                }
            }));
        }
    },
    CHANNEL {
        @Override
        Mono<Long> write(BufferFlux source, Device device) {
            return source.writeTo(ByteSinks.channel(new Channel(device)));
        }
    },
    GATHERING_CHANNEL {
        @Override
        Mono<Long> write(BufferFlux source, Device device) {
            return source.writeTo(ByteSinks.channel(new GatheringChannel(device)));
        }
    },
    ASYNCHRONOUS {
        @Override
        Mono<Long> write(BufferFlux source, Device device) {
            return source.writeTo(ByteSinks.asynchronousChannel(new AsynchronousFake(ForkJoinPool.commonPool()) {
                @Override
                int transfer(ByteBuffer from) throws IOException {
                    return device.write(from);
                }

                @Override
                public void close() {
                    throw new AssertionError("closed");
                }
            }));
        }
    },
    ASYNCHRONOUS_AT_ONCE {
        @Override
        Mono<Long> write(BufferFlux source, Device device) {
            return source.writeTo(ByteSinks.asynchronousChannel(new AsynchronousFake(Runnable::run) {
                @Override
                int transfer(ByteBuffer from) throws IOException {
                    return device.write(from);
                }

                @Override
                public void close() {
                    throw new AssertionError("closed");
                }
            }));
        }
    };

    abstract Mono<Long> write(BufferFlux source, Device device);

    boolean isAsynchronous() {
        return ordinal() >= ASYNCHRONOUS.ordinal();
    }

    /** Takes everything, by default. */
    static class Device {

        final ByteArrayOutputStream taken = new ByteArrayOutputStream();
        volatile int flushed;

        int write(ByteBuffer from) throws IOException {
            return take(from, from.remaining());
        }

        final int take(ByteBuffer from, int most) {
            byte[] some = new byte[Math.min(most, from.remaining())];
            from.get(some);
            taken.writeBytes(some);
            return some.length;
        }

        void flush() throws IOException {
            flushed++;
        }
    }

    private static class Channel implements WritableByteChannel {

        final Device device;

        Channel(Device device) {
            this.device = device;
        }

        @Override
        public int write(ByteBuffer from) throws IOException {
            return device.write(from);
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {
            throw new AssertionError("closed");
        }
    }

    private static final class GatheringChannel extends Channel implements GatheringByteChannel {

        GatheringChannel(Device device) {
            super(device);
        }

        /** Takes from the first that has something, so that the next call begins in the middle. */
        @Override
        public long write(ByteBuffer[] from, int offset, int length) throws IOException {
            for (int i = offset; i < offset + length; i++) {
                if (from[i].hasRemaining()) {
                    return device.write(from[i]);
                }
            }
            throw new AssertionError("nothing to write");
        }

        @Override
        public long write(ByteBuffer[] from) throws IOException {
            return write(from, 0, from.length);
        }
    }
}
