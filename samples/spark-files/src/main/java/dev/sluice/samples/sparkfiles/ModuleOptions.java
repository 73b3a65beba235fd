package dev.sluice.samples.sparkfiles;

import org.apache.spark.launcher.JavaModuleOptions;

/** Prints the options that Spark needs of a JVM. Spark's own launcher knows them; a script has to ask. */
final class ModuleOptions {

    private ModuleOptions() {}

    public static void main(String[] args) {
        System.out.println(JavaModuleOptions.defaultModuleOptions());
    }
}
