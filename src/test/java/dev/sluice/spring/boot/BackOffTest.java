package dev.sluice.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.netty.BufferPoolAllocator;
import dev.sluice.netty.NettyBuffers;
import dev.sluice.spring.BufferBudgetFilter;
import dev.sluice.spring.PooledDataBufferFactory;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.annotation.ImportCandidates;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;

/** All auto-configurations of Sluice, where libraries are missing, and where the application has beans of its own. */
class BackOffTest {

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(StreamSupport.stream(
                            ImportCandidates.load(AutoConfiguration.class, BackOffTest.class.getClassLoader())
                                    .spliterator(),
                            false)
                    .filter(name -> name.startsWith("dev.sluice."))
                    .map(BackOffTest::type)
                    .toArray(Class<?>[]::new)))
            .withPropertyValues("sluice.max-bytes=8MB");

    private static Class<?> type(String name) {
        try {
            return Class.forName(name);
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "org.springframework.boot.actuate",
                "org.springframework.boot.health",
                "org.springframework.boot.http",
                "org.springframework.boot.reactor",
                "org.springframework.boot.webflux",
                "org.springframework.boot.web",
                "org.springframework.http",
                "org.springframework.web",
                "io.micrometer",
                "reactor.netty",
                "io.netty"
            })
    void noLibraryIsNeeded(String missing) {
        runner.withClassLoader(new FilteredClassLoader(missing))
                .run(context -> assertThat(context).hasNotFailed().hasSingleBean(BufferPool.class));
    }

    @Test
    void withoutAnyLibraryThereIsAPool() {
        runner.withClassLoader(new FilteredClassLoader(
                        "org.springframework.boot.actuate",
                        "org.springframework.boot.health",
                        "org.springframework.boot.http",
                        "org.springframework.boot.reactor",
                        "org.springframework.boot.web",
                        "org.springframework.http",
                        "org.springframework.web",
                        "io.micrometer",
                        "reactor.netty",
                        "io.netty"))
                .run(context -> assertThat(context).hasNotFailed().hasSingleBean(BufferPool.class));
    }

    @Test
    void whichOfTwoPoolsIsMeantIsNotGuessed() {
        runner.withUserConfiguration(TwoPools.class)
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .doesNotHaveBean(BufferPoolAllocator.class)
                        .doesNotHaveBean(PooledDataBufferFactory.class)
                        .doesNotHaveBean(BufferBudgetFilter.class));
    }

    @Test
    void thePrimaryPoolIsMeant() {
        runner.withUserConfiguration(TwoPools.class, PrimaryPool.class).run(context -> {
            assertThat(context.getBean(BufferPoolAllocator.class).pool().name()).isEqualTo("primary");
            assertThat(context.getBean(PooledDataBufferFactory.class).pool().name())
                    .isEqualTo("primary");
        });
    }

    @Test
    void anApplicationsAllocatorIsTheAllocator() {
        runner.withUserConfiguration(OwnAllocator.class)
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .getBean(BufferPoolAllocator.class)
                        .isSameAs(context.getBean("mine")));
    }

    @Configuration(proxyBeanMethods = false)
    static class TwoPools {

        @Bean
        BufferPool one() {
            return BufferPool.builder().name("one").maxBytes(1 << 20).build();
        }

        @Bean
        BufferPool other() {
            return BufferPool.builder().name("other").maxBytes(1 << 20).build();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class PrimaryPool {

        @Bean
        @Primary
        BufferPool primary() {
            return BufferPool.builder().name("primary").maxBytes(1 << 20).build();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnAllocator {

        @Bean
        BufferPoolAllocator mine(BufferPool pool) {
            return NettyBuffers.allocator(pool);
        }
    }
}
