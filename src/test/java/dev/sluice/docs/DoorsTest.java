package dev.sluice.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.ByteSink;
import dev.sluice.flux.ByteSource;
import dev.sluice.flux.ByteSources;
import dev.sluice.testing.ByteSinkContract;
import dev.sluice.testing.ByteSourceContract;
import dev.sluice.testing.PoolExtension;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Blob;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;
import javax.sql.rowset.serial.SerialBlob;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import reactor.test.StepVerifier;

/** Runs the sources, sinks and stages of the recipes, and proves them by the contracts. */
class DoorsTest {

    private static final String QUERY = "select content from documents where id = ?";

    @TempDir
    static Path dir;

    @Nested
    class TheVarintStage extends DoorsSnippets.VarintStageTest {}

    @Nested
    class TheBlobSource extends ByteSourceContract {

        private final Database database = new Database();

        @Override
        protected ByteSource.Opener source(byte[] content) {
            long id = database.insert(content, false);
            return answered -> DoorsSnippets.BlobSource.open(database.source(), QUERY, id);
        }

        @Override
        protected ByteSource.Opener failing(byte[] content) {
            long id = database.insert(content, true);
            return answered -> DoorsSnippets.BlobSource.open(database.source(), QUERY, id);
        }

        @AfterEach
        void everyConnectionIsBack() {
            long deadline = System.nanoTime() + limit().toNanos();
            while (database.connections.get() > 0 && System.nanoTime() < deadline) {
                Thread.onSpinWait(); // what is cancelled closes on its own thread
            }
            assertThat(database.connections).hasValue(0);
        }
    }

    @Nested
    class TheRotatingLog extends ByteSinkContract {

        private Path log;

        @Override
        protected ByteSink.Opener sink() throws IOException {
            log = Files.createTempDirectory(dir, "log").resolve("server.log");
            return answered -> new DoorsSnippets.RotatingLog(log, 20_000);
        }

        @Override
        protected byte[] written() throws IOException {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            for (int number = 1; Files.exists(log.resolveSibling("server.log." + number)); number++) {
                byte[] part = Files.readAllBytes(log.resolveSibling("server.log." + number));
                assertThat(part.length).isBetween(1, 20_000);
                all.writeBytes(part);
            }
            all.writeBytes(Files.readAllBytes(log));
            return all.toByteArray();
        }
    }

    @Test
    @ExtendWith(PoolExtension.class)
    void asOnThePage(BufferPool pool) throws IOException {
        Path file = Files.write(dir.resolve("messages"), DoorsSnippets.delimited("one", "", "three".repeat(50)));
        StepVerifier.create(DoorsSnippets.messages(file, pool))
                .expectNext("one", "", "three".repeat(50))
                .verifyComplete();

        Database database = new Database();
        long id = database.insert("a document".getBytes(StandardCharsets.US_ASCII), false);
        StepVerifier.create(
                        DoorsSnippets.document(database.source(), id, pool).asString(StandardCharsets.US_ASCII, 100))
                .expectNext("a document")
                .verifyComplete();
        StepVerifier.create(DoorsSnippets.document(database.source(), id + 1, pool))
                .verifyErrorMessage("no row has the id " + (id + 1));
        assertThat(database.connections).hasValue(0);

        BufferFlux records = BufferFlux.read(ByteSources.bytes(new byte[100]).chunkSize(10), pool);
        StepVerifier.create(DoorsSnippets.log(records, dir.resolve("short.log")))
                .expectNext(100L)
                .verifyComplete();
        assertThat(dir.resolve("short.log")).hasSize(100);
    }

    /** As much of JDBC as a query for one column takes. */
    private static final class Database {

        final AtomicInteger connections = new AtomicInteger();
        private final AtomicLong ids = new AtomicLong();
        private final Map<Long, Blob> rows = new ConcurrentHashMap<>();

        long insert(byte[] content, boolean broken) {
            long id = ids.incrementAndGet();
            rows.put(id, fake(Blob.class, (method, arguments) -> switch (method) {
                case "length" -> (long) content.length + (broken ? 1 : 0);
                case "getBytes" -> {
                    int from = (int) ((long) arguments[0] - 1);
                    if (broken && from == content.length) {
                        throw new SQLException("the connection is lost");
                    }
                    yield content.length == 0
                            ? content
                            : new SerialBlob(content).getBytes(from + 1, (int) arguments[1]);
                }
                default -> null;
            }));
            return id;
        }

        DataSource source() {
            return fake(DataSource.class, (method, arguments) -> {
                connections.incrementAndGet();
                return fake(Connection.class, (onConnection, unused) -> {
                    if (onConnection.equals("close")) {
                        connections.decrementAndGet();
                        return null;
                    }
                    return statement();
                });
            });
        }

        private PreparedStatement statement() {
            AtomicLong id = new AtomicLong();
            return fake(PreparedStatement.class, (method, arguments) -> switch (method) {
                case "setLong" -> {
                    id.set((long) arguments[1]);
                    yield null;
                }
                case "executeQuery" ->
                    fake(
                            ResultSet.class,
                            (onRows, unused) ->
                                    onRows.equals("next") ? rows.containsKey(id.get()) : rows.get(id.get()));
                default -> null;
            });
        }

        private interface Calls {
            Object on(String method, Object[] arguments) throws Exception;
        }

        private static <T> T fake(Class<T> type, Calls calls) {
            return type.cast(Proxy.newProxyInstance(
                    type.getClassLoader(),
                    new Class<?>[] {type},
                    (proxy, method, arguments) -> calls.on(method.getName(), arguments)));
        }
    }
}
