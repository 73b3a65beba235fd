package dev.sluice.samples.demandcurve;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import javax.imageio.ImageIO;
import org.knowm.xchart.AnnotationText;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.VectorGraphicsEncoder.VectorGraphicsFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * The picture of a run: in flight and idle as areas, one on the other, beneath the budget; what is wanted and what is
 * resident as lines.
 *
 * <p>The colours are of the palette of Okabe and Ito, which people with any kind of colour vision can tell apart; they
 * differ in brightness as well.
 */
final class Picture {

    private static final int WIDTH = 960;
    private static final int HEIGHT = 540;

    /** Pixels of a PNG for each of the above, so that it is sharp on any screen. */
    private static final int SCALE = 2;

    private static final Color IN_FLIGHT = new Color(0x0072B2);
    private static final Color IDLE = new Color(0xA6D8F5);
    private static final Color WANTED = new Color(0xD55E00);
    private static final Color INK = new Color(0x222222);
    private static final Color GRID = new Color(0xE4E4E4);
    private static final int HOURS_PER_TICK = 3;

    private final List<Sample> samples;
    private final String residentName;
    private final long maxBytes;
    private final double speed;

    Picture(List<Sample> samples, String residentName, long maxBytes, double speed) {
        this.samples = samples;
        this.residentName = residentName;
        this.maxBytes = maxBytes;
        this.speed = speed;
    }

    /** Writes SVG or PNG, as the name of the file says. */
    void write(Path file) throws IOException {
        try (OutputStream out = Files.newOutputStream(file)) {
            if (isSvg(file)) {
                VectorGraphicsEncoder.saveVectorGraphic(chart(), out, VectorGraphicsFormat.SVG);
            } else {
                ImageIO.write(png(), "png", out);
            }
        }
    }

    static boolean isSvg(Path file) {
        return file.toString().toLowerCase(Locale.ROOT).endsWith(".svg");
    }

    static boolean isPng(Path file) {
        return file.toString().toLowerCase(Locale.ROOT).endsWith(".png");
    }

    private BufferedImage png() {
        BufferedImage image = new BufferedImage(SCALE * WIDTH, SCALE * HEIGHT, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        graphics.scale(SCALE, SCALE);
        chart().paint(graphics, WIDTH, HEIGHT);
        graphics.dispose();
        return image;
    }

    private XYChart chart() {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title("A day of traffic through one pool: memory follows demand")
                .xAxisTitle("Hour of the day (one hour is %.3g s)".formatted(3_600 / speed))
                .yAxisTitle("MiB")
                .build();
        style(chart.getStyler());
        // The later is drawn over the earlier, so idle shows where in flight does not cover it.
        area(chart, "idle, above in flight", Sample::allocated, IDLE);
        area(chart, "in flight", Sample::inFlight, IN_FLIGHT);
        line(chart, "in flight + demand", Sample::wanted, WANTED, 1.8f);
        line(chart, residentName, Sample::resident, INK, 1.2f);
        budget(chart);
        for (Day.Label label : Day.LABELS) {
            annotate(chart, label);
        }
        return chart;
    }

    private void style(XYStyler styler) {
        styler.setDefaultSeriesRenderStyle(XYSeriesRenderStyle.Line)
                .setXAxisMin(0.0)
                .setXAxisMax(lastHour())
                .setYAxisMin(0.0)
                .setYAxisMax(top())
                .setPlotGridLinesColor(GRID)
                .setPlotGridLinesStroke(new BasicStroke(1))
                .setPlotGridVerticalLinesVisible(false)
                .setxAxisTickLabelsFormattingFunction(Clock::format)
                .setXAxisTickMarkSpacingHint((int) (WIDTH * 0.8 * HOURS_PER_TICK / lastHour()))
                .setAxisTickLabelsFont(font(Font.PLAIN, 15))
                .setAxisTitleFont(font(Font.PLAIN, 15));
        styler.setChartTitleFont(font(Font.BOLD, 18))
                .setChartTitleBoxVisible(false)
                .setChartFontColor(INK)
                .setChartBackgroundColor(Color.WHITE)
                .setPlotBackgroundColor(Color.WHITE)
                .setPlotBorderVisible(false)
                .setPlotContentSize(1)
                .setLegendPosition(LegendPosition.OutsideS)
                .setLegendLayout(LegendLayout.Horizontal)
                .setLegendBorderColor(Color.WHITE)
                .setLegendPadding(18)
                .setLegendSeriesLineLength(20)
                .setLegendFont(font(Font.PLAIN, 14))
                .setAnnotationTextFont(font(Font.PLAIN, 14))
                .setAnnotationTextFontColor(INK)
                .setAntiAlias(true);
    }

    private static Font font(int style, int size) {
        return new Font(Font.SANS_SERIF, style, size);
    }

    private double lastHour() {
        return Math.max(1, samples.get(samples.size() - 1).hour());
    }

    /** Leaves room for the labels above everything that is drawn. */
    private double top() {
        long most = samples.stream()
                .mapToLong(sample -> Math.max(sample.wanted(), sample.resident()))
                .max()
                .orElse(0);
        return 1.18 * mib(Math.max(most, maxBytes));
    }

    private void area(XYChart chart, String name, ToDoubleFunction<Sample> bytes, Color color) {
        XYSeries series = series(chart, name, bytes);
        series.setXYSeriesRenderStyle(XYSeriesRenderStyle.Area);
        series.setFillColor(color);
        series.setLineColor(color);
        series.setLineWidth(2.5f); // as thick as it is to be in the legend
    }

    private void line(XYChart chart, String name, ToDoubleFunction<Sample> bytes, Color color, float width) {
        XYSeries series = series(chart, name, bytes);
        series.setLineColor(color);
        series.setLineStyle(new BasicStroke(width, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
    }

    /** From end to end: dashes would begin anew at each sample. */
    private void budget(XYChart chart) {
        double mib = mib(maxBytes);
        XYSeries series = chart.addSeries("budget", new double[] {0, lastHour()}, new double[] {mib, mib});
        series.setMarker(SeriesMarkers.NONE);
        series.setLineColor(INK);
        series.setLineStyle(
                new BasicStroke(1.4f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_BEVEL, 1, new float[] {9, 5}, 0));
    }

    private XYSeries series(XYChart chart, String name, ToDoubleFunction<Sample> bytes) {
        double[] hours = samples.stream().mapToDouble(Sample::hour).toArray();
        double[] mib = samples.stream()
                .mapToDouble(sample -> mib(bytes.applyAsDouble(sample)))
                .toArray();
        XYSeries series = chart.addSeries(name, hours, mib);
        series.setMarker(SeriesMarkers.NONE);
        return series;
    }

    private void annotate(XYChart chart, Day.Label label) {
        String[] rows = label.text().split("\n");
        for (int row = 0; row < rows.length && label.hour() < lastHour(); row++) {
            chart.addAnnotation(new AnnotationText(rows[row], label.hour(), (0.96 - 0.05 * row) * top(), false));
        }
    }

    private static double mib(double bytes) {
        return bytes / (1 << 20);
    }
}
