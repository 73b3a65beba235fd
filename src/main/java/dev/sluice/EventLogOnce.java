package dev.sluice;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Remembers what was logged, so that it is not logged again. */
final class EventLogOnce {

    /** What goes wrong around the pools of this JVM: clocks, listeners, threads, the freeing of memory. */
    static final EventLogOnce TROUBLE = new EventLogOnce();

    private static final System.Logger LOG = System.getLogger("dev.sluice");

    /** Enough to tell places apart, few enough that texts that are all different cannot fill memory and log. */
    private static final int MAX_PLACES = 1_000;

    private volatile @Nullable Set<String> logged;

    /** True for the first who asks about a place, unless there were too many places. */
    boolean isFirst(String place) {
        Set<String> places = places();
        return places.size() < MAX_PLACES && places.add(place);
    }

    /** Most pools never have anything to remember. */
    private Set<String> places() {
        Set<String> places = logged;
        if (places == null) {
            synchronized (this) {
                places = logged;
                if (places == null) {
                    places = ConcurrentHashMap.newKeySet();
                    logged = places;
                }
            }
        }
        return places;
    }

    /** Logs a text once. Never throws: what went wrong may be that memory has run out, and the caller goes on. */
    void warn(String what, Throwable error) {
        try {
            if (isFirst(what)) {
                LOG.log(System.Logger.Level.WARNING, what, error);
            }
        } catch (RuntimeException | Error again) {
            return; // not even a log can be written
        }
    }
}
