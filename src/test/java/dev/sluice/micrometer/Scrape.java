package dev.sluice.micrometer;

import io.micrometer.core.instrument.Meter;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What Prometheus gets.
 *
 * @param samples the value of each series
 */
record Scrape(String text, Map<String, Double> samples) {

    private static final Pattern SAMPLE = Pattern.compile("([a-z_]+)(?:\\{(.*)\\})? (\\S+)");

    static Scrape of(PrometheusMeterRegistry registry) {
        String text = registry.scrape();
        Map<String, Double> samples = new TreeMap<>();
        text.lines().filter(line -> !line.startsWith("#")).forEach(line -> {
            Matcher sample = SAMPLE.matcher(line);
            if (!sample.matches()) {
                throw new AssertionError("not a sample: " + line);
            }
            samples.put(line.substring(0, line.lastIndexOf(' ')), value(sample.group(3)));
        });
        return new Scrape(text, samples);
    }

    private static double value(String text) {
        return text.equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(text);
    }

    double value(String name, String... labels) {
        List<String> pairs = new ArrayList<>();
        for (int i = 0; i < labels.length; i += 2) {
            pairs.add(labels[i] + "=\"" + labels[i + 1] + "\"");
        }
        Double value = samples.get(name + "{" + String.join(",", pairs) + "}");
        if (value == null) {
            throw new AssertionError("no " + name + pairs + " in:\n" + text);
        }
        return value;
    }

    /** The names of the series. */
    Set<String> names() {
        Set<String> names = new TreeSet<>();
        samples.keySet().forEach(series -> names.add(series.replaceFirst("\\{.*", "")));
        return names;
    }

    /** The name of a meter in Prometheus, of a timer without the suffix of its parts. */
    static String nameOf(PrometheusMeterRegistry registry, PoolMeter meter) {
        String name = registry.config().namingConvention().name(meter.meterName(), meter.type(), meter.baseUnit());
        return meter.type() == Meter.Type.COUNTER ? name + "_total" : name;
    }

    /** The names of the series of a meter. */
    static List<String> seriesOf(PrometheusMeterRegistry registry, PoolMeter meter) {
        String name = nameOf(registry, meter);
        return meter.type() == Meter.Type.TIMER
                ? List.of(name + "_count", name + "_sum", name + "_max", name + "_bucket")
                : List.of(name);
    }
}
