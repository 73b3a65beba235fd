package dev.sluice;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;

/** Leaves the tests out: what lies beside this class, wherever it was compiled to. */
final class NoTests implements ImportOption {

    private static final String TESTS =
            NoTests.class.getProtectionDomain().getCodeSource().getLocation().toString();

    @Override
    public boolean includes(Location location) {
        return !location.contains(TESTS);
    }
}
