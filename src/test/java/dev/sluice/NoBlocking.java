package dev.sluice;

import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;
import reactor.blockhound.BlockHound;

/**
 * Makes every test fail that blocks a thread which must not be blocked, such as those of {@code Schedulers.parallel()}.
 * Maven itself, which opens a session only to list the tests before it starts the JVMs that run them, is left alone.
 */
public class NoBlocking implements LauncherSessionListener {

    @Override
    public void launcherSessionOpened(LauncherSession session) {
        if (System.getProperty("maven.home") == null) {
            BlockHound.install();
        }
    }
}
