package dev.sluice.netty;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import javax.net.ssl.KeyManagerFactory;

/** A certificate for this machine that the JDK's keytool signs anew for each run of the tests. */
public final class Certificate {

    private static final char[] PASSWORD = "changeit".toCharArray();
    private static final KeyManagerFactory KEYS = make();

    private Certificate() {}

    /** Makes them when they are first asked for. */
    public static KeyManagerFactory keys() {
        return KEYS;
    }

    private static KeyManagerFactory make() {
        try {
            Path dir = Files.createTempDirectory("certificate");
            Path file = dir.resolve("keys.p12");
            run(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(), file.toString());
            KeyStore store = KeyStore.getInstance("PKCS12");
            try (InputStream in = Files.newInputStream(file)) {
                store.load(in, PASSWORD);
            }
            Files.delete(file);
            Files.delete(dir);
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(store, PASSWORD);
            return keys;
        } catch (IOException | GeneralSecurityException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void run(String keytool, String file) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        keytool,
                        "-genkeypair",
                        "-alias",
                        "test",
                        "-keyalg",
                        "EC",
                        "-groupname",
                        "secp256r1",
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "SAN=dns:localhost,ip:127.0.0.1",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        file,
                        "-storepass",
                        new String(PASSWORD))
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new AssertionError(said);
        }
    }
}
