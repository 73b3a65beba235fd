package dev.sluice.flux;

import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.Scannable.Attr;

/**
 * Says in the report of a lost lease where it came from. Holds no subscriber, for those hold leases.
 *
 * @param source the publisher
 * @param place the nearest {@code checkpoint} below it, or where it was assembled, in debug mode
 */
record Origin(Object source, String place) {

    /** The source itself where there is nothing to add. */
    static Object of(Object source, CoreSubscriber<?> actual) {
        Scannable below = Scannable.from(actual);
        while (below.isScanAvailable()) {
            if (below.scanUnsafe(Attr.ACTUAL_METADATA) != null) {
                return new Origin(source, below.stepName());
            }
            below = Scannable.from(below.scanUnsafe(Attr.ACTUAL));
        }
        return source;
    }

    @Override
    public String toString() {
        return source + ", " + place;
    }
}
