package dev.sluice.spring.boot;

import java.lang.reflect.RecordComponent;
import java.util.Comparator;
import java.util.Map;
import java.util.stream.Stream;
import org.springframework.boot.context.properties.bind.DataObjectPropertyName;

/** The names of the properties that there are. */
final class PropertyNames {

    private PropertyNames() {}

    /**
     * What somebody may have meant.
     *
     * @param wrong a name that does not exist
     * @return the name that differs in the fewest characters
     */
    static String nearestTo(String wrong) {
        return under("sluice", SluiceProperties.class)
                .min(Comparator.comparingInt(name -> distance(name, wrong)))
                .orElseThrow();
    }

    private static Stream<String> under(String prefix, Class<?> type) {
        return Stream.of(type.getRecordComponents()).flatMap(component -> names(prefix, component));
    }

    private static Stream<String> names(String prefix, RecordComponent component) {
        String name = prefix + "." + DataObjectPropertyName.toDashedForm(component.getName());
        Class<?> type = component.getType();
        if (component.getName().equals("routes")) {
            return under(name + ".<name>", SluiceProperties.Route.class);
        }
        if (type == Map.class) {
            return Stream.of(name + ".<name>");
        }
        return type.isRecord() ? under(name, type) : Stream.of(name);
    }

    /** Insertions, deletions and replacements that turn one text into another, as Levenshtein counts them. */
    private static int distance(String one, String other) {
        int[] row = new int[other.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= one.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int replaced = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[other.length()];
    }
}
