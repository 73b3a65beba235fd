package dev.sluice.testing;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Configures a pool that {@link PoolExtension} makes for the parameter of a test. */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.PARAMETER)
public @interface TestPool {

    /**
     * The name of the pool. Parameters of the same name get the same pool, and must not configure it differently.
     *
     * @return the name
     */
    String value() default "pool";

    /**
     * The budget.
     *
     * @return bytes, at least 1
     */
    long maxBytes() default 64 << 20;

    /**
     * The most buffers of one size.
     *
     * @return the bound, at least 1
     */
    int maxBuffersPerSize() default Integer.MAX_VALUE;

    /**
     * Whether the memory is direct.
     *
     * @return false: on the heap
     */
    boolean direct() default true;

    /**
     * Whether the pool goes by the {@link VirtualPoolClock} of the test, which a parameter of that type gets.
     *
     * @return false: by the clock of the machine
     */
    boolean virtualTime() default false;
}
