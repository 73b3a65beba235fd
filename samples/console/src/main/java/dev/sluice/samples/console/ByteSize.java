package dev.sluice.samples.console;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Numbers of bytes as people write them: 65536, 64K, 32M, 1G; a K is 1,024. */
public final class ByteSize implements ITypeConverter<Long> {

    private static final String UNITS = "BKMGT";
    private static final Pattern WRITTEN =
            Pattern.compile("(\\d{1,18})\\s*([BKMGT]?)(iB|B)?", Pattern.CASE_INSENSITIVE);

    @Override
    public Long convert(String written) {
        Matcher matcher = WRITTEN.matcher(written.strip());
        if (!matcher.matches()) {
            throw new TypeConversionException("'%s' is not a size such as 65536, 64K, 32M or 1G".formatted(written));
        }
        String unit = matcher.group(2).toUpperCase(Locale.ROOT);
        int shift = unit.isEmpty() ? 0 : 10 * UNITS.indexOf(unit);
        long number = Long.parseLong(matcher.group(1));
        if (number < 1 || number > Long.MAX_VALUE >> shift) {
            throw new TypeConversionException("'%s' is not from 1 byte to 8 EiB".formatted(written));
        }
        return number << shift;
    }

    /**
     * With three digits or four, so that a column of them can be compared at a glance: 122.7 MiB.
     *
     * @param bytes the number
     * @return as people read it
     */
    public static String format(long bytes) {
        if (bytes < 1024) {
            return bytes + " B";
        }
        int unit = (63 - Long.numberOfLeadingZeros(bytes)) / 10;
        return String.format(Locale.ROOT, "%.1f %ciB", Math.scalb((double) bytes, -10 * unit), "BKMGTPE".charAt(unit));
    }
}
