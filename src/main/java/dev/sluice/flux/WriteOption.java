package dev.sluice.flux;

import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;

/** How {@link BufferFlux#writeTo(java.nio.file.Path, WriteOption...)} treats the file. */
public enum WriteOption {

    /**
     * Fails with {@link java.nio.file.FileAlreadyExistsException} if there is anything at the path, both before the
     * source is asked and at the end, instead of replacing it. After an error or a cancellation, there is nothing at
     * the path, or what somebody else has put there.
     */
    CREATE_NEW,

    /**
     * Appends to the file, which is made if it is missing. Not all or nothing: what was written before an error or a
     * cancellation stays, and may end within a buffer. Cannot be combined with {@link #CREATE_NEW}.
     */
    APPEND,

    /**
     * Forces the file to the device before it counts as written, and its directory after the file is in place. Once the
     * result is there, a power failure does no harm. If it is forcing the directory that fails, the file is in place
     * and the error says so; otherwise an error or a cancellation leaves what it leaves without this option, not
     * forced.
     */
    FORCE;

    static Set<WriteOption> checked(WriteOption... options) {
        Set<WriteOption> all = EnumSet.noneOf(WriteOption.class);
        for (WriteOption option : options) {
            all.add(Objects.requireNonNull(option, "option"));
        }
        if (all.contains(CREATE_NEW) && all.contains(APPEND)) {
            throw new IllegalArgumentException("CREATE_NEW and APPEND contradict each other");
        }
        return all;
    }
}
