package dev.sluice.flux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who may do what with a file, to be the same for the one that takes its place.
 *
 * @param owner whose it is
 * @param group the group it belongs to
 * @param permissions its mode
 */
record FileRights(UserPrincipal owner, GroupPrincipal group, Set<PosixFilePermission> permissions) {

    /** Nobody but the owner sees the new content before it is in place: mode 0600. */
    static FileAttribute<?> forNobodyElse() {
        return PosixFilePermissions.asFileAttribute(
                EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE));
    }

    /** The rights of the file at a path; null if there is none, or its file system knows no such rights. */
    static @Nullable FileRights of(Path path) throws IOException {
        PosixFileAttributeView view = Files.getFileAttributeView(path, PosixFileAttributeView.class);
        if (view == null) {
            return null;
        }
        try {
            PosixFileAttributes attributes = view.readAttributes();
            return new FileRights(attributes.owner(), attributes.group(), attributes.permissions());
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    /**
     * Gives them to another file. Owner and group stay as they are where the process may not change them: then the
     * group may do no more than everybody.
     */
    void giveTo(Path path) throws IOException {
        PosixFileAttributeView view = Files.getFileAttributeView(path, PosixFileAttributeView.class);
        PosixFileAttributes now = view.readAttributes();
        if (!now.owner().equals(owner)) {
            ifAllowed(() -> view.setOwner(owner));
        }
        boolean sameGroup = now.group().equals(group) || ifAllowed(() -> view.setGroup(group));
        Set<PosixFilePermission> given = EnumSet.noneOf(PosixFilePermission.class);
        given.addAll(permissions);
        if (!sameGroup) {
            narrow(given, PosixFilePermission.OTHERS_READ, PosixFilePermission.GROUP_READ);
            narrow(given, PosixFilePermission.OTHERS_WRITE, PosixFilePermission.GROUP_WRITE);
            narrow(given, PosixFilePermission.OTHERS_EXECUTE, PosixFilePermission.GROUP_EXECUTE);
        }
        view.setPermissions(given);
    }

    private static void narrow(Set<PosixFilePermission> given, PosixFilePermission others, PosixFilePermission group) {
        if (!given.contains(others)) {
            given.remove(group);
        }
    }

    private interface Change {
        void make() throws IOException;
    }

    private static boolean ifAllowed(Change change) {
        try {
            change.make();
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
