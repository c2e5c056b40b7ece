package curlew.client;

import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The scheduler of a real client: one daemon thread. */
public final class ThreadScheduler implements Scheduler, AutoCloseable {
    private static final Timer NOTHING = () -> {};

    private final ScheduledExecutorService thread = new ScheduledThreadPoolExecutor(1, task -> {
        Thread daemon = new Thread(task, "curlew");
        daemon.setDaemon(true);
        return daemon;
    });

    @Override
    public long now() {
        return System.currentTimeMillis();
    }

    @Override
    public Timer after(Duration delay, Runnable task) {
        try {
            ScheduledFuture<?> waiting = thread.schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS);
            return () -> waiting.cancel(false);
        } catch (RejectedExecutionException closed) {
            return NOTHING;
        }
    }

    /** Ends the thread; what waits is dropped. */
    @Override
    public void close() {
        thread.shutdownNow();
    }
}
