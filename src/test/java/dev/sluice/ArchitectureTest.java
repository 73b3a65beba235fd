package dev.sluice;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.stream.Stream;

/**
 * Which package may know which. Each rule lists everything that a package may depend on; a library that is not listed
 * is out of bounds, and so is every package further along the chain.
 */
@AnalyzeClasses(packages = "dev.sluice", importOptions = NoTests.class)
class ArchitectureTest {
    /** The JDK, primitive types (they have no package), and annotations that nothing needs at run time. */
    private static final String[] PLATFORM = {"", "java..", "javax.management..", "jdk.jfr..", "org.jspecify.."};

    private static final String[] REACTOR = {"reactor.core..", "reactor.util..", "org.reactivestreams.."};

    @ArchTest
    static final ArchRule the_pool_knows_only_the_platform = only("dev.sluice", "dev.sluice");

    @ArchTest
    static final ArchRule flux_knows_the_pool_and_reactor_core =
            only("dev.sluice.flux", with(REACTOR, "dev.sluice", "dev.sluice.flux"));

    @ArchTest
    static final ArchRule netty_knows_flux_and_reactor_netty = only(
            "dev.sluice.netty",
            with(REACTOR, "dev.sluice", "dev.sluice.flux", "dev.sluice.netty", "reactor.netty..", "io.netty.."));

    @ArchTest
    static final ArchRule clients_know_flux_and_the_client_of_the_jdk = only(
            "dev.sluice.clients",
            with(REACTOR, "dev.sluice", "dev.sluice.flux", "dev.sluice.clients", "reactor.adapter"));

    @ArchTest
    static final ArchRule spring_knows_netty_micrometer_and_spring = only(
            "dev.sluice.spring..",
            with(
                    REACTOR,
                    "dev.sluice",
                    "dev.sluice.flux",
                    "dev.sluice.netty",
                    "dev.sluice.micrometer",
                    "dev.sluice.spring..",
                    "reactor.netty..",
                    "io.netty..",
                    "io.micrometer..",
                    "tools.jackson..",
                    "org.springframework.."));

    @ArchTest
    static final ArchRule micrometer_knows_the_pool_and_micrometer = only(
            "dev.sluice.micrometer",
            "dev.sluice",
            "dev.sluice.micrometer",
            "io.micrometer.core..",
            "io.micrometer.common..");

    @ArchTest
    static final ArchRule testing_knows_flux_and_test_libraries = only(
            "dev.sluice.testing",
            with(
                    REACTOR,
                    "dev.sluice",
                    "dev.sluice.flux",
                    "dev.sluice.testing",
                    "reactor.test..",
                    "reactor.blockhound..",
                    "org.junit.jupiter.api..",
                    "org.junit.platform.commons..",
                    "org.opentest4j.."));

    @ArchTest
    static final ArchRule there_is_no_other_package = classes()
            .should()
            .resideInAnyPackage(
                    "dev.sluice",
                    "dev.sluice.flux",
                    "dev.sluice.netty",
                    "dev.sluice.clients",
                    "dev.sluice.spring..",
                    "dev.sluice.micrometer",
                    "dev.sluice.testing");

    @ArchTest
    static final ArchRule there_is_no_drawer_for_odds_and_ends =
            noClasses().should().resideInAnyPackage("..internal..", "..util..", "..utils..", "..impl..");

    private static ArchRule only(String owner, String... known) {
        return classes()
                .that()
                .resideInAPackage(owner)
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(with(PLATFORM, known))
                .allowEmptyShould(true);
    }

    private static String[] with(String[] some, String... more) {
        return Stream.concat(Stream.of(some), Stream.of(more)).toArray(String[]::new);
    }
}
