package dev.sluice.fuzz;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Which places of the code were reached: of each class, one boolean a place, written by the class itself. */
public final class Probes {

    private static final Map<Long, boolean[]> OF_CLASSES = new ConcurrentHashMap<>();

    private Probes() {}

    /** Called by classes that have probes, once each. */
    public static boolean[] of(long id, int count) {
        return OF_CLASSES.computeIfAbsent(id, key -> new boolean[count]);
    }

    static void forget() {
        OF_CLASSES.clear();
    }

    /** How many were passed so far. */
    static int passed() {
        int passed = 0;
        for (boolean[] probes : OF_CLASSES.values()) {
            for (boolean probe : probes) {
                passed += probe ? 1 : 0;
            }
        }
        return passed;
    }
}
