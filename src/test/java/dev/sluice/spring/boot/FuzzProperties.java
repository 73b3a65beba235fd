package dev.sluice.spring.boot;

import dev.sluice.fuzz.FuzzTarget;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.boot.convert.ApplicationConversionService;

/** Lines of {@code name=value}, bound to the properties and checked. */
public final class FuzzProperties implements FuzzTarget {

    @Override
    public void accept(byte[] input) {
        Map<String, String> values = new HashMap<>();
        new String(input, StandardCharsets.ISO_8859_1)
                .lines()
                .filter(line -> line.indexOf('=') > 0)
                .forEach(line -> values.put(
                        "sluice." + line.substring(0, line.indexOf('=')), line.substring(line.indexOf('=') + 1)));
        try {
            SluiceProperties properties = new Binder(
                            List.of(new MapConfigurationPropertySource(values)),
                            null,
                            ApplicationConversionService.getSharedInstance(),
                            null,
                            null)
                    .bindOrCreate("sluice", SluiceProperties.class);
            PropertyRules.check(properties);
        } catch (BindException | PropertyInvalidException e) {
            // refused, with the name of the property
        }
    }

    @Override
    public List<byte[]> seeds() {
        return bytes(
                "max-bytes=256MB\nchunk-size=64KB",
                "max-bytes=0B\nmax-buffers-per-size=0",
                "exhaustion.policy=deadline\nexhaustion.deadline=5s\nexhaustion.retry-after=1s",
                "routes.up.path=/uploads/**\nroutes.up.max-bytes=8MB",
                "tenants.header=X-T\ntenants.max-bytes=64MB\ntenants.limits.gold=8MB\ntenants.max-tenants=3",
                "health.degraded-in-use=0.9\nleak-detection=sampled\nshrink-interval=1s\nmin-idle-bytes=0B",
                "max-body-bytes=10MB\nmax-drain-bytes=1MB\nmax-drain-time=5s\ndirect=true\nmax-pending=10");
    }

    @Override
    public List<byte[]> words() {
        return bytes(
                "\n", "=", "MB", "-1", "9223372036854775807", "1e308", "NaN", "PT5S", "P99999D", "365d", "[0]", ".");
    }

    private static List<byte[]> bytes(String... texts) {
        return Stream.of(texts)
                .map(text -> text.getBytes(StandardCharsets.ISO_8859_1))
                .toList();
    }
}
