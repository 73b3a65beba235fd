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
     * Writes into the file that is there, so that its owner, mode, hard links and whatever watches it stay as they are:
     * for files that are mounted by themselves, as containers do, or lie in a directory that may not be written to. The
     * file is made if it is missing; a symbolic link is followed. Not all or nothing: the old content is gone when the
     * first bytes have come, and after an error or a cancellation the file has what was written by then; if nothing had
     * come by then, it is untouched. Cannot be combined with {@link #CREATE_NEW} and {@link #APPEND}.
     */
    IN_PLACE,

    /**
     * Makes the directories above the file that are missing, before the source is asked. They stay, whatever becomes of
     * the file.
     */
    CREATE_PARENTS,

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
        refuse(all, CREATE_NEW, APPEND);
        refuse(all, CREATE_NEW, IN_PLACE);
        refuse(all, APPEND, IN_PLACE);
        return all;
    }

    private static void refuse(Set<WriteOption> all, WriteOption one, WriteOption other) {
        if (all.contains(one) && all.contains(other)) {
            throw new IllegalArgumentException(one + " and " + other + " contradict each other");
        }
    }
}
