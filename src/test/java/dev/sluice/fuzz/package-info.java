/**
 * Fuzzing that is guided by coverage: a {@link dev.sluice.fuzz.Fuzzer} mutates inputs, keeps those that reach code which no
 * input has reached before, and mutates them further. Whatever the bytes are, a {@link dev.sluice.fuzz.FuzzTarget} ends in
 * time, with a result or an error that the javadoc names, and with nothing in flight.
 */
package dev.sluice.fuzz;
