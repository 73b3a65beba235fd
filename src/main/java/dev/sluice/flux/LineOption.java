package dev.sluice.flux;

/**
 * How {@link BufferFlux#lines} reads a text.
 *
 * <p><b>Which charsets are fast.</b> Several times as fast as others are those in which LF is the byte 0x0A and nothing
 * else has that byte, and which have no shifts: UTF-8, US-ASCII, ISO-8859-1 and its kin, but not UTF-16, EBCDIC or
 * ISO-2022-JP.
 */
public enum LineOption {

    /**
     * Drops a byte order mark, U+FEFF, at the beginning of the text. Without this option, it is part of the first line.
     */
    SKIP_BOM,

    /**
     * Ends a line at LF, CR LF, CR or NEL (U+0085), as old Macs and mainframes write them. Without this option, only LF
     * and CR LF do. Each character is decoded by itself, so that this takes several times as long.
     */
    ANY_BREAK
}
