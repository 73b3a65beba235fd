/**
 * A day of traffic through one pool with one budget, and a chart of what becomes of the memory.
 *
 * <p>{@link dev.sluice.samples.demandcurve.Day} says who wants how much and when, {@link
 * dev.sluice.samples.demandcurve.Traffic} lets readers come and go accordingly, {@link
 * dev.sluice.samples.demandcurve.Gauge} measures, and {@link dev.sluice.samples.demandcurve.Picture} draws.
 */
package dev.sluice.samples.demandcurve;
