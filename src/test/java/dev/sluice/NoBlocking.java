package dev.sluice;

import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;
import reactor.blockhound.BlockHound;

/** Makes every test fail that blocks a thread which must not be blocked, such as those of {@code Schedulers.parallel()}. */
public class NoBlocking implements LauncherSessionListener {

    @Override
    public void launcherSessionOpened(LauncherSession session) {
        BlockHound.install();
    }
}
