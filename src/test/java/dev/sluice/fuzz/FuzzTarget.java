package dev.sluice.fuzz;

import java.util.List;
import java.util.function.Consumer;

/**
 * What is fuzzed. It throws if an input does what no input may do, and is given one after the other, by one thread. Its
 * classes are loaded by {@link CoveredClasses}, so the fuzzer sees it by types of the JDK alone.
 */
public interface FuzzTarget extends Consumer<byte[]>, AutoCloseable {

    /** What to begin with. */
    List<byte[]> seeds();

    /** What the format is made of. */
    default List<byte[]> words() {
        return List.of();
    }

    @Override
    default void close() {}
}
