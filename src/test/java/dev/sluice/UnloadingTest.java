package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.WeakReference;
import java.lang.reflect.Proxy;
import java.net.URL;
import java.net.URLClassLoader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** An application that is unloaded takes its pools' threads with it, and they keep nothing of who started them. */
class UnloadingTest {

    private static final URL CLASSES =
            BufferPool.class.getProtectionDomain().getCodeSource().getLocation();

    private static final ClassLoader NONE_OF_OURS = ClassLoader.getPlatformClassLoader();

    /** What an application does with a pool: every thread that there is gets work. */
    private static final class Application {

        private final ClassLoader loader;

        Application(ClassLoader loader) {
            this.loader = loader;
        }

        private Class<?> type(String name) throws ClassNotFoundException {
            return loader.loadClass("dev.sluice." + name);
        }

        @SuppressWarnings({"unchecked", "rawtypes"})
        void run() throws ReflectiveOperationException {
            Object builder = type("BufferPool").getMethod("builder").invoke(null);
            Class<?> builderType = builder.getClass();
            builderType.getMethod("maxBytes", long.class).invoke(builder, 1L << 20);
            Object every = Enum.valueOf((Class<Enum>) type("LeakDetection"), "EVERY");
            builderType.getMethod("leakDetection", type("LeakDetection")).invoke(builder, every);
            builderType.getMethod("shrinkInterval", Duration.class).invoke(builder, Duration.ofMillis(1));
            Object listener = Proxy.newProxyInstance(
                    loader,
                    new Class<?>[] {type("PoolListener")},
                    (proxy, method, args) -> method.getName().equals("equals") ? proxy == args[0] : null);
            builderType.getMethod("listener", type("PoolListener")).invoke(builder, listener);
            Object pool = builderType.getMethod("build").invoke(builder);
            Class<?> poolType = type("BufferPool");
            Object all = poolType.getMethod("acquire", int.class).invoke(pool, 1 << 20);
            CompletableFuture<?> waits = (CompletableFuture<?>) poolType.getMethod("request", int.class, Duration.class)
                    .invoke(pool, 1 << 10, Duration.ofMillis(1));
            Deadline.until("the request has timed out", waits::isCompletedExceptionally);
            type("PooledBuffer").getMethod("release").invoke(all);
            Object lease = poolType.getMethod("acquire", int.class).invoke(pool, 100);
            type("PooledBuffer").getMethod("release").invoke(lease);
            poolType.getMethod("acquire", int.class).invoke(pool, 100); // lost
            poolType.getMethod("close").invoke(pool);
        }
    }

    private static WeakReference<ClassLoader> runOnce() throws Exception {
        URLClassLoader loader =
                new URLClassLoader(new URL[] {CLASSES}, NONE_OF_OURS); // collected, therefore not closed
        new Application(loader).run();
        return new WeakReference<>(loader);
    }

    @Test
    void leavesNoClassLoader() throws Exception {
        List<WeakReference<ClassLoader>> loaders = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            loaders.add(runOnce());
        }
        NativeMemoryWatch.await(
                "the class loaders are collected", () -> loaders.stream().allMatch(loader -> loader.refersTo(null)));
    }

    private static Set<Thread> ownThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("sluice-"))
                .collect(Collectors.toSet());
    }

    @Test
    void noThreadInheritsFromItsStarter() throws Exception {
        InheritableThreadLocal<byte[]> inherited = new InheritableThreadLocal<>();
        Set<Thread> before = ownThreads();
        List<Object> seen = new ArrayList<>();
        Thread starter = new Thread(() -> {
            inherited.set(new byte[1]);
            Thread.currentThread().setContextClassLoader(new URLClassLoader(new URL[0]));
            PoolThreads.daemon(() -> seen.add(inherited.get()), "sluice-test").start();
            Thread made = PoolThreads.named("sluice-test").newThread(() -> {});
            seen.add(made.getContextClassLoader());
            assertThat(made.isDaemon()).isTrue();
            BufferPool pool = BufferPool.builder()
                    .leakDetection(LeakDetection.EVERY)
                    .listener(new PoolListener() {})
                    .build();
            pool.acquire(100).release();
            pool.close();
        });
        starter.start();
        starter.join();
        Set<Thread> started = ownThreads();
        started.removeAll(before);
        assertThat(started)
                .allSatisfy(thread -> assertThat(thread.getContextClassLoader())
                        .as("context class loader of %s", thread.getName())
                        .isNull());
        Deadline.until("the thread has run", () -> seen.size() == 2);
        assertThat(seen).containsOnlyNulls();
    }
}
