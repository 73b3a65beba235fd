/** Tests of a program that uses Sluice: some leak on purpose. */
package dev.sluice.samples.leakcheck;
