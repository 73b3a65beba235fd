/** Programs that fit on one page each. */
package dev.sluice.samples.onepage;
