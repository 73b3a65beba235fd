/**
 * An HTTP server that stores what is uploaded, lists it, and serves it back, within one budget of memory.
 *
 * <p>{@link dev.sluice.samples.uploadserver.UploadServerCommand} reads the command line, {@link
 * dev.sluice.samples.uploadserver.UploadServer} answers the requests, {@link dev.sluice.samples.uploadserver.Storage} is the
 * folder, {@link dev.sluice.samples.uploadserver.Uploads} keeps account of what comes in, and a {@link
 * dev.sluice.samples.console.View} shows it.
 */
package dev.sluice.samples.uploadserver;
