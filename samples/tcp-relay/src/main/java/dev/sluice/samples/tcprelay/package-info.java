/**
 * A relay of TCP connections whose memory stays within a budget, however slow the peers are.
 *
 * <p>{@link dev.sluice.samples.tcprelay.TcpRelayCommand} reads the command line, {@link
 * dev.sluice.samples.tcprelay.Relay} passes the bytes on, {@link dev.sluice.samples.tcprelay.Ledger} keeps account of them,
 * and a {@link dev.sluice.samples.console.View} shows it.
 */
package dev.sluice.samples.tcprelay;
