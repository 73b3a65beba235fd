package dev.sluice.samples.filestats;

import java.util.concurrent.atomic.AtomicBoolean;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Is told how far the files have been read. */
public interface Progress extends AutoCloseable {

    /** So many bytes more have been read. Any thread may say so. */
    void advance(int bytes);

    @Override
    void close();

    /** Shows nothing. */
    static Progress hidden() {
        return new Progress() {
            @Override
            public void advance(int bytes) {}

            @Override
            public void close() {}
        };
    }

    /** Shows a bar on the standard error stream, which is wiped away when all is done, or when Ctrl-C ends it. */
    static Progress shown(long totalBytes) {
        Bar bar = new Bar(totalBytes);
        Runtime.getRuntime().addShutdownHook(new Thread(bar::close));
        return bar;
    }

    /** A bar of one line. */
    final class Bar implements Progress {

        private static final int WIDTH = 78;

        private final ProgressBar bar;
        private final AtomicBoolean closed = new AtomicBoolean();

        private Bar(long totalBytes) {
            bar = new ProgressBarBuilder()
                    .setTaskName("Reading")
                    .setInitialMax(totalBytes)
                    .setUnit(" MiB", 1 << 20)
                    .setStyle(ProgressBarStyle.UNICODE_BLOCK)
                    .setUpdateIntervalMillis(100)
                    .setConsumer(new Line())
                    .clearDisplayOnFinish()
                    .build();
        }

        @Override
        public void advance(int bytes) {
            bar.stepBy(bytes);
        }

        @Override
        public void close() {
            if (closed.compareAndSet(false, true)) {
                bar.close();
            }
        }

        /** Leaves an empty line and the cursor at its beginning, for whatever is printed next. */
        private static final class Line extends ConsoleProgressBarConsumer {

            private static final String ERASE_LINE = "\r\u001b[K";

            Line() {
                super(System.err, WIDTH);
            }

            @Override
            public void clear() {
                System.err.print(ERASE_LINE);
            }

            @Override
            public void close() {
                System.err.flush();
            }
        }
    }
}
