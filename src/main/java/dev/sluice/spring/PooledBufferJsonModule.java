package dev.sluice.spring;

import dev.sluice.PooledBuffer;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.Version;
import tools.jackson.databind.JacksonModule;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.module.SimpleSerializers;

/**
 * Makes Jackson refuse a lease, wherever it stands in what is written: in a list, a record, a map, an event whose type
 * says nothing. Without it, Jackson writes whether the lease is empty and released, in place of its bytes.
 *
 * <p>Jackson finds this module by itself where it looks for modules, as the mappers of Spring and Spring Boot do; any
 * other {@code JsonMapper} is told by {@code addModule}. A refused lease is not released, because whose it is cannot be
 * known here: the same mapper may be asked to write a log.
 *
 * <p>Immutable.
 */
public final class PooledBufferJsonModule extends JacksonModule {

    private static final String ADVICE = "a lease is memory that somebody has to release, and no part of a document:"
            + " return BufferFlux, Flux<PooledBuffer> or Mono<PooledBuffer> for a body of bytes,"
            + " Flux<ServerSentEvent<PooledBuffer>> for events, and put its content in by toByteArray()";

    /** Makes a module. */
    public PooledBufferJsonModule() {}

    @Override
    public String getModuleName() {
        return "sluice";
    }

    @Override
    public Version version() {
        return Version.unknownVersion();
    }

    @Override
    public void setupModule(SetupContext context) {
        SimpleSerializers serializers = new SimpleSerializers();
        serializers.addSerializer(PooledBuffer.class, new Refusal());
        context.addSerializers(serializers);
    }

    private static final class Refusal extends ValueSerializer<PooledBuffer> {

        @Override
        public void serialize(PooledBuffer lease, JsonGenerator generator, SerializationContext context) {
            context.reportBadDefinition(PooledBuffer.class, ADVICE);
        }
    }
}
