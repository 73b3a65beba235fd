package dev.sluice;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import net.bytebuddy.jar.asm.ClassReader;
import net.bytebuddy.jar.asm.ClassVisitor;
import net.bytebuddy.jar.asm.ClassWriter;
import net.bytebuddy.jar.asm.MethodVisitor;
import net.bytebuddy.jar.asm.Opcodes;

/**
 * Lets the heap run out at the n-th object or array that the classes of this package make on the thread that asked for
 * it. So that other tests are not touched, the classes are loaded once more by a loader of their own, with a call of
 * {@link #pass} at each object, each array and each copy of an array.
 */
final class FaultsOfHeap {

    private static Thread player;
    private static int left;
    private static boolean hasFailed;

    private FaultsOfHeap() {}

    static void failAt(int call) {
        hasFailed = false;
        left = call;
        player = Thread.currentThread();
    }

    static void stop() {
        player = null;
    }

    static boolean hasFailed() {
        return hasFailed;
    }

    /** Called by the changed classes. */
    static void pass() {
        if (Thread.currentThread() == player && --left == 0) {
            hasFailed = true;
            throw new OutOfMemoryError("for the test");
        }
    }

    /** The class, with all of this library around it, where objects can fail to be made. */
    static Class<?> loaded(Class<?> type) throws ClassNotFoundException {
        return Class.forName(type.getName(), true, Loader.INSTANCE);
    }

    private static final class Loader extends ClassLoader {

        static final Loader INSTANCE = new Loader();

        private static final String OURS = BufferPool.class.getPackageName() + '.';

        Loader() {
            super(FaultsOfHeap.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.startsWith(OURS)) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                return loaded != null ? loaded : define(name);
            }
        }

        private Class<?> define(String name) throws ClassNotFoundException {
            String file = name.replace('.', '/') + ".class";
            try (InputStream in = getParent().getResourceAsStream(file)) {
                if (in == null) {
                    throw new ClassNotFoundException(name);
                }
                boolean isEngine = name.lastIndexOf('.') == OURS.length() - 1 && isMain(file);
                byte[] code = in.readAllBytes();
                byte[] changed = isEngine ? changed(code) : code;
                return defineClass(name, changed, 0, changed.length);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Whether a class stands where the library stands, and not with the tests. */
        private boolean isMain(String file) {
            String library = BufferPool.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toString();
            return String.valueOf(getParent().getResource(file)).contains(library);
        }

        private static byte[] changed(byte[] code) {
            ClassReader reader = new ClassReader(code);
            ClassWriter writer = new ClassWriter(reader, 0);
            reader.accept(new Changer(writer), 0);
            return writer.toByteArray();
        }
    }

    private static final class Changer extends ClassVisitor {

        Changer(ClassVisitor next) {
            super(Opcodes.ASM9, next);
        }

        @Override
        public MethodVisitor visitMethod(
                int access, String name, String descriptor, String signature, String[] exceptions) {
            MethodVisitor next = super.visitMethod(access, name, descriptor, signature, exceptions);
            return name.equals("<clinit>") ? next : new Passing(next);
        }
    }

    private static final class Passing extends MethodVisitor {

        private static final String THIS = FaultsOfHeap.class.getName().replace('.', '/');

        Passing(MethodVisitor next) {
            super(Opcodes.ASM9, next);
        }

        private void pass() {
            super.visitMethodInsn(Opcodes.INVOKESTATIC, THIS, "pass", "()V", false);
        }

        @Override
        public void visitTypeInsn(int opcode, String type) {
            super.visitTypeInsn(opcode, type);
            if (opcode == Opcodes.NEW || opcode == Opcodes.ANEWARRAY) {
                pass(); // afterwards, because the frames of the method name the place of a new object
            }
        }

        @Override
        public void visitIntInsn(int opcode, int operand) {
            if (opcode == Opcodes.NEWARRAY) {
                pass();
            }
            super.visitIntInsn(opcode, operand);
        }

        @Override
        public void visitMethodInsn(int opcode, String owner, String name, String descriptor, boolean isInterface) {
            if (name.equals("copyOf") || isAdd(owner, name)) {
                pass();
            }
            super.visitMethodInsn(opcode, owner, name, descriptor, isInterface);
        }

        /** What may make an array or a node for a queue, a list or a map that grows. */
        private static boolean isAdd(String owner, String name) {
            return owner.startsWith("java/util/") && (name.equals("add") || name.equals("put") || name.equals("offer"));
        }
    }
}
