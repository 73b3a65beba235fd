package dev.sluice.spring.boot;

import static dev.sluice.spring.boot.PropertyText.message;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.UnboundConfigurationPropertiesException;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.util.unit.DataSize;

/** Says which property of Sluice is wrong, where it was set, and what to write instead. */
@Order(Ordered.HIGHEST_PRECEDENCE)
final class SluiceFailureAnalyzer implements FailureAnalyzer {

    private static final ConfigurationPropertyName PREFIX = ConfigurationPropertyName.of("sluice");

    /** What a value of some type looks like. */
    private static final Map<Class<?>, String> FORMS = Map.of(
            DataSize.class, "a size with its unit, B, KB, MB or GB, such as 256MB",
            Duration.class, "a time with its unit, ms, s, m, h or d, such as 5s",
            boolean.class, "true or false",
            int.class, "a whole number up to 2147483647 without separators, such as 1000",
            Integer.class, "a whole number up to 2147483647 without separators, such as 1000",
            double.class, "a number such as 0.9");

    @Override
    public @Nullable FailureAnalysis analyze(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof PropertyInvalidException invalid) {
                return new FailureAnalysis(invalid.getMessage() + ".", invalid.remedy(), invalid);
            }
            if (cause instanceof UnboundConfigurationPropertiesException unbound) {
                return unknown(unbound);
            }
            if (cause instanceof BindException bind
                    && !(bind.getCause() instanceof UnboundConfigurationPropertiesException)) {
                return unreadable(bind);
            }
        }
        return null;
    }

    private static @Nullable FailureAnalysis unknown(UnboundConfigurationPropertiesException failure) {
        return failure.getUnboundProperties().stream()
                .filter(property -> PREFIX.isAncestorOf(property.getName()))
                .findFirst()
                .map(property -> new FailureAnalysis(
                        message("There is no property %s%s.", property.getName(), origin(property)),
                        message(
                                "Write %s, if that was meant, or remove it.",
                                PropertyNames.nearestTo(property.getName().toString())),
                        failure))
                .orElse(null);
    }

    private static @Nullable FailureAnalysis unreadable(BindException failure) {
        ConfigurationProperty property = failure.getProperty();
        if (property == null || !PREFIX.isAncestorOf(failure.getName())) {
            return null;
        }
        String form = form(failure.getTarget().getType().resolve(Object.class));
        return new FailureAnalysis(
                message(
                        "%s is \"%s\"%s: that cannot be read.",
                        property.getName(), property.getValue(), origin(property)),
                message("Write %s.", form),
                failure);
    }

    private static String form(Class<?> type) {
        if (type.isEnum()) {
            return Stream.of(type.getEnumConstants())
                    .map(constant -> constant.toString().toLowerCase(Locale.ROOT))
                    .collect(Collectors.joining(", ", "one of ", ""));
        }
        return FORMS.getOrDefault(type, "a " + type.getSimpleName());
    }

    private static String origin(ConfigurationProperty property) {
        return property.getOrigin() == null ? "" : ", set in " + property.getOrigin();
    }
}
