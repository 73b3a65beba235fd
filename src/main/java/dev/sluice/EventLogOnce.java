package dev.sluice;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Remembers what was logged, so that it is not logged again. */
final class EventLogOnce {

    /** Enough to tell places apart, few enough that texts that are all different cannot fill memory and log. */
    private static final int MAX_PLACES = 1_000;

    private final Set<String> logged = ConcurrentHashMap.newKeySet();

    /** True for the first who asks about a place, unless there were too many places. */
    boolean isFirst(String place) {
        return logged.size() < MAX_PLACES && logged.add(place);
    }
}
