package dev.sluice.benchmark;

import java.awt.Color;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.VectorGraphicsEncoder.VectorGraphicsFormat;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.util.Statistics;

/** The results of one run: a row for each kind of work, a column for each who did it, medians over the iterations. */
final class ResultTable {

    private static final String PEER = "peer";

    private final String title;
    private final String baseline;
    private final Map<String, Map<String, Result<?>>> rows = new LinkedHashMap<>();
    private final Set<String> columns = new LinkedHashSet<>();

    ResultTable(String title, String baseline, Collection<RunResult> results) {
        this.title = title;
        this.baseline = baseline;
        for (RunResult result : results) {
            String method = result.getPrimaryResult().getLabel();
            List<String> parameters = result.getParams().getParamsKeys().stream()
                    .filter(key -> !key.equals(PEER))
                    .map(key -> result.getParams().getParam(key))
                    .collect(Collectors.toCollection(ArrayList::new));
            String column;
            if (result.getParams().getParamsKeys().contains(PEER)) {
                column = result.getParams().getParam(PEER);
                parameters.add(0, method);
            } else if (baseline.equals("16")) {
                column = parameters.remove(0);
                parameters.add(0, method);
            } else {
                column = method;
            }
            add(String.join(" ", parameters), column, result.getPrimaryResult());
            result.getSecondaryResults().forEach((label, secondary) -> {
                if (isTold(label)) {
                    add(String.join(" ", parameters) + " " + label.replaceFirst(".*:", ""), column, secondary);
                }
            });
        }
    }

    private static boolean isTold(String label) {
        return label.endsWith("gc.alloc.rate.norm") || label.startsWith("wait") || label.startsWith("most");
    }

    private void add(String row, String column, Result<?> result) {
        columns.add(column);
        rows.computeIfAbsent(row.isBlank() ? "time" : row.trim(), name -> new LinkedHashMap<>())
                .put(column, result);
    }

    private static double median(Result<?> result) {
        Statistics statistics = result.getStatistics();
        return statistics.getN() == 0 ? result.getScore() : statistics.getPercentile(50);
    }

    /** The table, and beneath each column how it stands to the baseline. */
    String markdown() {
        StringBuilder text = new StringBuilder("### " + title + "\n\n| work | unit |");
        columns.forEach(column -> text.append(' ').append(column).append(" |"));
        text.append("\n|---|---|").append("---|".repeat(columns.size())).append('\n');
        rows.forEach((row, results) -> {
            String unit = results.values().iterator().next().getScoreUnit();
            text.append("| ").append(row).append(" | ").append(unit).append(" |");
            double base = results.containsKey(baseline) ? median(results.get(baseline)) : Double.NaN;
            for (String column : columns) {
                text.append(' ').append(cell(results.get(column), base)).append(" |");
            }
            text.append('\n');
        });
        return text.toString();
    }

    private static String cell(Result<?> result, double base) {
        if (result == null) {
            return "";
        }
        double median = median(result);
        String number = String.format(Locale.ROOT, median < 10 ? "%,.1f" : "%,.0f", median);
        return base > 0 ? number + String.format(Locale.ROOT, " (%.2fx)", median / base) : number;
    }

    /** Draws the times, on a logarithmic scale. */
    void draw(Path file) throws IOException {
        Map<String, Map<String, Result<?>>> timed = rows.entrySet().stream()
                .filter(row ->
                        row.getValue().values().iterator().next().getScoreUnit().matches("[nm]s/op"))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue, (a, b) -> a, LinkedHashMap::new));
        if (timed.isEmpty()) {
            return;
        }
        String unit =
                timed.values().iterator().next().values().iterator().next().getScoreUnit();
        CategoryChart chart = new CategoryChartBuilder()
                .width(860)
                .height(380)
                .title(title + " (Java " + Runtime.version().feature() + ")")
                .yAxisTitle(unit)
                .build();
        chart.getStyler().setYAxisLogarithmic(true);
        chart.getStyler().setLegendPosition(LegendPosition.OutsideE);
        chart.getStyler().setChartBackgroundColor(Color.WHITE);
        chart.getStyler().setAvailableSpaceFill(.85);
        List<String> names = List.copyOf(timed.keySet());
        double least = Double.MAX_VALUE;
        for (String column : columns) {
            List<Double> values = new ArrayList<>();
            for (String name : names) {
                Result<?> result = timed.get(name).get(column);
                // What was not measured is drawn as nothing: a logarithmic scale has no zero.
                double value = result == null ? Double.MIN_NORMAL : median(result);
                least = result == null ? least : Math.min(least, value);
                values.add(value);
            }
            chart.addSeries(column, names, values);
        }
        chart.getStyler().setYAxisMin(Math.pow(10, Math.floor(Math.log10(least))));
        try (OutputStream out = Files.newOutputStream(file)) {
            VectorGraphicsEncoder.saveVectorGraphic(chart, out, VectorGraphicsFormat.SVG);
        }
    }
}
