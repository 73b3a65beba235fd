package dev.sluice.fuzz;

import java.io.IOException;
import java.io.InputStream;
import org.jacoco.core.instr.Instrumenter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/**
 * Loads the library anew, apart from the one that other tests use, with probes of JaCoCo in it, and the targets beside
 * it. All other classes are those of its parent.
 */
final class CoveredClasses extends ClassLoader {

    private static final String OURS = "dev.sluice.";

    private final Instrumenter instrumenter = new Instrumenter(CoveredClasses::probesOf);

    private int passed;

    CoveredClasses() {
        super(CoveredClasses.class.getClassLoader());
        Probes.forget();
    }

    /** Writes the call of {@link Probes#of}, and says how much of the stack it takes. */
    private static int probesOf(long id, String name, int count, MethodVisitor code) {
        code.visitLdcInsn(id);
        code.visitLdcInsn(count);
        code.visitMethodInsn(Opcodes.INVOKESTATIC, Probes.class.getName().replace('.', '/'), "of", "(JI)[Z", false);
        return 3;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith(OURS) || name.equals(Probes.class.getName())) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            return loaded == null ? findClass(name) : loaded;
        }
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
        try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
            if (in == null) {
                throw new ClassNotFoundException(name);
            }
            byte[] probed = instrumenter.instrument(in, name);
            return defineClass(name, probed, 0, probed.length, CoveredClasses.class.getProtectionDomain());
        } catch (IOException e) {
            throw new ClassNotFoundException(name, e);
        }
    }

    /** Whether a place was reached since the last call that never was before. */
    boolean isNew() {
        int before = passed;
        passed = Probes.passed();
        return passed > before;
    }
}
