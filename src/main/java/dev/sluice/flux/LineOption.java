package dev.sluice.flux;

/** How {@link BufferFlux#lines} reads a text. */
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
