package dev.sluice.benchmark;

import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Threads like those of Netty's event loops, for which its allocators keep caches. JMH makes one by this constructor. */
public final class EventLoopThreads extends ThreadPoolExecutor {

    public EventLoopThreads(int threads, String name) {
        super(threads, threads, 1, TimeUnit.MINUTES, new LinkedBlockingQueue<>(), new DefaultThreadFactory(name, true));
    }
}
