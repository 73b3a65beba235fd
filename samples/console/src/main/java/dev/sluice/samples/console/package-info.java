/** What the command lines of the samples have in common: sizes, addresses, and a picture that stays in its place. */
package dev.sluice.samples.console;
