package dev.sluice.flux;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.WatchService;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.nio.file.spi.FileSystemProvider;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The default file system, with faults: a path from {@link #at} behaves as the {@link Fault}s say. Full disks, failing
 * devices and refused permissions are otherwise hard to come by in a test, and impossible for root.
 */
final class FaultyFiles extends FileSystem {

    /** What goes wrong, by default nothing. */
    interface Fault {

        default void open(Path path, Set<? extends OpenOption> options) throws IOException {}

        default int read(SeekableByteChannel channel, ByteBuffer target) throws IOException {
            return channel.read(target);
        }

        default int write(SeekableByteChannel channel, ByteBuffer source) throws IOException {
            return channel.write(source);
        }

        default long size(SeekableByteChannel channel) throws IOException {
            return channel.size();
        }

        default void position(SeekableByteChannel channel, long position) throws IOException {
            channel.position(position);
        }

        default void close(SeekableByteChannel channel) throws IOException {
            channel.close();
        }

        default void move(Path from, Path to, Set<CopyOption> options) throws IOException {}

        default void delete(Path path) throws IOException {}
    }

    private final FileSystem real;
    private final Fault fault;
    private final FileSystemProvider provider;

    private FaultyFiles(FileSystem real, Fault fault) {
        this.real = real;
        this.fault = fault;
        this.provider = new Provider();
    }

    static Path at(Path path, Fault fault) {
        return new FaultyFiles(path.getFileSystem(), fault).wrap(path);
    }

    private Path wrap(Path path) {
        return (Path) Proxy.newProxyInstance(
                Path.class.getClassLoader(), new Class<?>[] {Path.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("getFileSystem")) {
                        return this;
                    }
                    return wrapped(invoke(path, method, unwrapped(arguments)));
                });
    }

    private Object wrapped(Object result) {
        return result instanceof Path path ? wrap(path) : result;
    }

    private static Object[] unwrapped(Object[] arguments) {
        return arguments == null
                ? null
                : Arrays.stream(arguments)
                        .map(argument -> argument instanceof Path path ? real(path) : argument)
                        .toArray();
    }

    private static Object invoke(Path path, Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(path, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private static Path real(Path path) {
        return path.getFileSystem() instanceof FaultyFiles faulty ? faulty.real.getPath(path.toString()) : path;
    }

    private final class Provider extends FileSystemProvider {

        private final FileSystemProvider provider = real.provider();

        @Override
        public SeekableByteChannel newByteChannel(
                Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes) throws IOException {
            fault.open(real(path), options);
            return new Channel(provider.newByteChannel(real(path), options, attributes));
        }

        @Override
        public void move(Path from, Path to, CopyOption... options) throws IOException {
            fault.move(real(from), real(to), Set.of(options));
            provider.move(real(from), real(to), options);
        }

        @Override
        public void delete(Path path) throws IOException {
            fault.delete(real(path));
            provider.delete(real(path));
        }

        @Override
        public <A extends BasicFileAttributes> A readAttributes(Path path, Class<A> type, LinkOption... options)
                throws IOException {
            return provider.readAttributes(real(path), type, options);
        }

        @Override
        public Map<String, Object> readAttributes(Path path, String attributes, LinkOption... options)
                throws IOException {
            return provider.readAttributes(real(path), attributes, options);
        }

        @Override
        public void checkAccess(Path path, AccessMode... modes) throws IOException {
            provider.checkAccess(real(path), modes);
        }

        @Override
        public String getScheme() {
            return "faulty";
        }

        @Override
        public FileSystem newFileSystem(URI uri, Map<String, ?> environment) {
            throw new UnsupportedOperationException();
        }

        @Override
        public FileSystem getFileSystem(URI uri) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Path getPath(URI uri) {
            throw new UnsupportedOperationException();
        }

        @Override
        public DirectoryStream<Path> newDirectoryStream(Path path, DirectoryStream.Filter<? super Path> filter) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void createDirectory(Path path, FileAttribute<?>... attributes) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void copy(Path from, Path to, CopyOption... options) {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean isSameFile(Path one, Path other) throws IOException {
            return provider.isSameFile(real(one), real(other));
        }

        @Override
        public boolean isHidden(Path path) throws IOException {
            return provider.isHidden(real(path));
        }

        @Override
        public FileStore getFileStore(Path path) throws IOException {
            return provider.getFileStore(real(path));
        }

        @Override
        public <V extends FileAttributeView> V getFileAttributeView(Path path, Class<V> type, LinkOption... options) {
            return provider.getFileAttributeView(real(path), type, options);
        }

        @Override
        public void setAttribute(Path path, String attribute, Object value, LinkOption... options) {
            throw new UnsupportedOperationException();
        }
    }

    private final class Channel implements SeekableByteChannel {

        private final SeekableByteChannel channel;

        Channel(SeekableByteChannel channel) {
            this.channel = channel;
        }

        @Override
        public int read(ByteBuffer target) throws IOException {
            return fault.read(channel, target);
        }

        @Override
        public int write(ByteBuffer source) throws IOException {
            return fault.write(channel, source);
        }

        @Override
        public long size() throws IOException {
            return fault.size(channel);
        }

        @Override
        public void close() throws IOException {
            fault.close(channel);
        }

        @Override
        public boolean isOpen() {
            return channel.isOpen();
        }

        @Override
        public long position() throws IOException {
            return channel.position();
        }

        @Override
        public SeekableByteChannel position(long position) throws IOException {
            fault.position(channel, position);
            return this;
        }

        @Override
        public SeekableByteChannel truncate(long size) throws IOException {
            channel.truncate(size);
            return this;
        }
    }

    @Override
    public FileSystemProvider provider() {
        return provider;
    }

    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public boolean isReadOnly() {
        return false;
    }

    @Override
    public String getSeparator() {
        return real.getSeparator();
    }

    @Override
    public Iterable<Path> getRootDirectories() {
        return List.of();
    }

    @Override
    public Iterable<FileStore> getFileStores() {
        return List.of();
    }

    @Override
    public Set<String> supportedFileAttributeViews() {
        return real.supportedFileAttributeViews();
    }

    @Override
    public Path getPath(String first, String... more) {
        return wrap(real.getPath(first, more));
    }

    @Override
    public PathMatcher getPathMatcher(String syntaxAndPattern) {
        throw new UnsupportedOperationException();
    }

    @Override
    public UserPrincipalLookupService getUserPrincipalLookupService() {
        throw new UnsupportedOperationException();
    }

    @Override
    public WatchService newWatchService() {
        throw new UnsupportedOperationException();
    }
}
