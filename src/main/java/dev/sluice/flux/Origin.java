package dev.sluice.flux;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.Scannable.Attr;

/**
 * Says in the report of a lost lease where it came from and what it went through. Reaches no subscriber, because a list
 * of watched leases reaches it, and subscribers hold leases. Makes no text of that before it is asked for one.
 *
 * @param source the source, or its name: a source whose publisher may refer to a subscriber gives its name
 * @param place the nearest {@code checkpoint} below it, or where it was assembled, in debug mode
 * @param below the operators between it and the end: the name of one of ours, or the class of a subscriber
 */
record Origin(Object source, @Nullable String place, List<Object> below) {

    /** More than any reader wants to see, and an end for a subscriber that is its own. */
    private static final int MAX_STEPS = 40;

    /** The source itself where there is nothing to add. */
    static Object of(Object source, CoreSubscriber<?> actual) {
        String place = null;
        List<Object> below = new ArrayList<>();
        Object next = actual;
        for (int i = 0; next instanceof Scannable step && step.isScanAvailable() && i < MAX_STEPS; i++) {
            if (step.scanUnsafe(Attr.ACTUAL_METADATA) == null) {
                below.add(step instanceof StageSubscriber<?> stage ? stage.operatorName() : step.getClass());
            } else if (place == null && !isOurs(step.stepName())) {
                place = step.stepName();
            }
            next = step.scanUnsafe(Attr.ACTUAL);
        }
        if (next != null && !(next instanceof Scannable)) {
            below.add(next.getClass());
        }
        return below.isEmpty() && place == null ? source : new Origin(source, place, below);
    }

    /** The name that the source at the top gives itself as {@link Attr#NAME}; null if it has none. */
    static @Nullable String nameOfSource(Object upstream) {
        String name = null;
        Object next = upstream;
        for (int i = 0; next instanceof Scannable step && step.isScanAvailable() && i < MAX_STEPS; i++) {
            String said = step.scan(Attr.NAME);
            name = said == null ? name : said;
            next = step.scanUnsafe(Attr.PARENT);
        }
        return name;
    }

    /** In debug mode, what we assemble seems to come from here; what the user puts below it says more. */
    private static boolean isOurs(String place) {
        return place.contains(BufferFlux.class.getName() + '.') || place.contains(BufferMono.class.getName() + '.');
    }

    /** Named as {@link Scannable#stepName()} does, if it is Reactor's or ours; else by its class. */
    private static String name(Object step) {
        if (!(step instanceof Class<?> type)) {
            String name = step.toString();
            return name.substring(name.indexOf('.') + 1); // "BufferFlux.rechunk" is "rechunk"
        }
        String name = type.getName().substring(type.getPackageName().length() + 1);
        if (!type.getPackageName().startsWith("reactor.core") && type.getPackage() != Origin.class.getPackage()) {
            return name;
        }
        int inner = name.indexOf('$');
        String outer = inner < 0 ? name : name.substring(0, inner);
        String operator =
                Scannable.OPERATOR_NAME_UNRELATED_WORDS_PATTERN.matcher(outer).replaceAll("");
        return operator.isEmpty() ? outer : Character.toLowerCase(operator.charAt(0)) + operator.substring(1);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(source.toString());
        if (place != null) {
            text.append(", ").append(place);
        }
        if (!below.isEmpty()) {
            text.append(below.stream().map(Origin::name).collect(Collectors.joining(" > ", ", through ", "")));
        }
        return text.toString();
    }
}
