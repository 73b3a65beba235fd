package dev.sluice.docs;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.ByteSink;
import dev.sluice.flux.ByteSource;
import dev.sluice.flux.Stage;
import dev.sluice.flux.StageMemory;
import dev.sluice.testing.StageContract;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.Blob;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The sources, sinks and stages of {@code docs/recipes.md}: by what is public alone. */
final class DoorsSnippets {

    private DoorsSnippets() {}

    // tag::varintStage
    /** Cuts messages that follow their lengths, as Protocol Buffers writes them with writeDelimitedTo. */
    static final class VarintStage implements Stage<PooledBuffer> {

        private static final int MAX_BYTES = 64 << 10;

        private final StageMemory memory;
        private @Nullable PooledBuffer input;
        private int at; // how much of the input is used up
        private int length;
        private int shift;
        private boolean lengthIsKnown;
        private @Nullable PooledBuffer message; // of which the beginning is there

        VarintStage(StageMemory memory) {
            this.memory = memory;
            memory.reserve(MAX_BYTES, Input.SLICED);
        }

        @Override
        public void accept(PooledBuffer next) {
            input = next;
            at = 0;
        }

        @Override
        public @Nullable PooledBuffer next() throws IOException {
            PooledBuffer from = input;
            if (from == null) {
                return null;
            }
            PooledBuffer result = lengthIsKnown || readLength(from) ? cut(from) : null;
            if (at == from.length() && (!lengthIsKnown || message != null)) {
                releaseInput();
            }
            return result;
        }

        private boolean readLength(PooledBuffer from) throws IOException {
            while (at < from.length() && !lengthIsKnown) {
                byte next = from.byteBuffer().get(at++);
                length |= (next & 0x7f) << shift;
                shift += 7;
                lengthIsKnown = next >= 0;
                if (length < 0 || length > MAX_BYTES || shift > 28) {
                    throw new IOException("a message has more than " + MAX_BYTES + " bytes");
                }
            }
            return lengthIsKnown;
        }

        /** A slice where the message lies in one buffer, a copy where it lies in several. */
        private @Nullable PooledBuffer cut(PooledBuffer from) {
            int here = from.length() - at;
            if (message == null && here >= length) {
                at += length;
                return finish(from.slice(at - length, length));
            }
            if (message == null) {
                message = memory.take(from.pool(), length);
                if (message == null) {
                    return null; // called again when there is memory
                }
            }
            ByteBuffer target = message.byteBuffer();
            int count = Math.min(target.remaining(), here);
            target.put(from.readOnlyBuffer().position(at).limit(at + count));
            at += count;
            if (target.hasRemaining()) {
                return null;
            }
            PooledBuffer whole = message;
            message = null;
            return finish(whole);
        }

        private PooledBuffer finish(PooledBuffer whole) {
            length = 0;
            shift = 0;
            lengthIsKnown = false;
            return whole;
        }

        @Override
        public void end() throws IOException {
            if (lengthIsKnown || shift > 0) {
                throw new EOFException("the bytes end within a message");
            }
        }

        private void releaseInput() {
            if (input != null) {
                input.release();
                input = null;
            }
        }

        @Override
        public void release() {
            releaseInput();
            if (message != null) {
                message.release();
                message = null;
            }
        }
    }
    // end::varintStage

    static Flux<String> messages(Path file, BufferPool pool) {
        // tag::varint
        Flux<String> messages = BufferFlux.read(file, pool)
                .stage("varint", memory -> new VarintStage(memory))
                .consume(message -> message.toString(StandardCharsets.UTF_8));
        // end::varint
        return messages;
    }

    // tag::blobSource
    /** Reads a column piece by piece, on a connection that it holds while it is open. */
    static final class BlobSource implements ByteSource {

        private final Connection connection;
        private final Blob blob;
        private final long size;
        private long offset;

        private BlobSource(Connection connection, Blob blob) throws SQLException {
            this.connection = connection;
            this.blob = blob;
            this.size = blob.length();
        }

        static BlobSource open(DataSource database, String query, long id) throws SQLException, IOException {
            Connection connection = database.getConnection();
            try (PreparedStatement statement = connection.prepareStatement(query)) {
                statement.setLong(1, id);
                ResultSet rows = statement.executeQuery();
                if (!rows.next()) {
                    throw new IOException("no row has the id " + id);
                }
                return new BlobSource(connection, rows.getBlob(1));
            } catch (Throwable e) {
                connection.close(); // an opener that throws leaves nothing open
                throw e;
            }
        }

        @Override
        public long remainingBytes() {
            return size - offset;
        }

        @Override
        public boolean isAtEnd() {
            return offset == size;
        }

        @Override
        public Read read(ByteBuffer target) throws IOException {
            try {
                byte[] some = blob.getBytes(offset + 1, target.remaining());
                target.put(some);
                offset += some.length;
                return some.length > 0 ? Read.ON : Read.ENOUGH;
            } catch (SQLException e) {
                throw new IOException(e);
            }
        }

        @Override
        public void close() throws IOException {
            try (connection) {
                blob.free();
            } catch (SQLException e) {
                throw new IOException(e);
            }
        }
    }
    // end::blobSource

    static BufferFlux document(DataSource database, long id, BufferPool pool) {
        // tag::blob
        ByteSource.Opener document =
                answered -> BlobSource.open(database, "select content from documents where id = ?", id);

        BufferFlux content = BufferFlux.read(document.named("document " + id).chunkSize(32 << 10), pool);
        // end::blob
        return content;
    }

    // tag::rotatingSink
    /** Appends to a file, and moves it aside before it would have more than so many bytes. */
    static final class RotatingLog implements ByteSink {

        private final Path path;
        private final long maxBytes;
        private FileChannel channel;

        RotatingLog(Path path, long maxBytes) throws IOException {
            this.path = path;
            this.maxBytes = maxBytes;
            this.channel = append();
        }

        private FileChannel append() throws IOException {
            return FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        }

        @Override
        public boolean write(ByteBuffer record) throws IOException {
            if (channel.size() > 0 && channel.size() + record.remaining() > maxBytes) {
                rotate();
            }
            while (record.hasRemaining()) {
                channel.write(record);
            }
            return true;
        }

        private void rotate() throws IOException {
            channel.close();
            int number = 1;
            while (Files.exists(aside(number))) {
                number++;
            }
            Files.move(path, aside(number), StandardCopyOption.ATOMIC_MOVE);
            channel = append();
        }

        private Path aside(int number) {
            return path.resolveSibling(path.getFileName() + "." + number);
        }

        @Override
        public void commit() throws IOException {
            channel.force(true);
            channel.close();
        }

        @Override
        public void abort() throws IOException {
            channel.close(); // what was logged stays
        }
    }
    // end::rotatingSink

    static Mono<Long> log(BufferFlux records, Path path) {
        // tag::rotating
        Mono<Long> logged = records.writeTo(answered -> new RotatingLog(path, 10 << 20));
        // end::rotating
        return logged;
    }

    // tag::stageContract
    static class VarintStageTest extends StageContract<PooledBuffer> {

        @Override
        protected Stage<PooledBuffer> stage(StageMemory memory) {
            return new VarintStage(memory);
        }

        @Override
        protected byte[] input() {
            return delimited("one", "", "two".repeat(100));
        }

        @Override
        protected List<?> expected() {
            return buffers("one", "", "two".repeat(100));
        }

        @Override
        protected List<byte[]> malformed() {
            return List.of(new byte[] {5, 1}, new byte[] {-1, -1, -1, -1, -1});
        }

        @Override
        protected long smallestBudgetBytes() {
            return (1 << 10) + (64 << 10);
        }
    }
    // end::stageContract

    static byte[] delimited(String... messages) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (String message : messages) {
            byte[] bytes = message.getBytes(StandardCharsets.UTF_8);
            int left = bytes.length;
            for (; left > 0x7f; left >>>= 7) {
                all.write(left & 0x7f | 0x80);
            }
            all.write(left);
            all.writeBytes(bytes);
        }
        return all.toByteArray();
    }

    static List<ByteBuffer> buffers(String... messages) {
        return Arrays.stream(messages)
                .map(message -> ByteBuffer.wrap(message.getBytes(StandardCharsets.UTF_8)))
                .toList();
    }
}
