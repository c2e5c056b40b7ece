package curlew.client;

import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** The scheduler of a real client: one daemon thread. A task that throws costs itself only. */
public final class ThreadScheduler implements Scheduler, AutoCloseable {
    private static final Timer NOTHING = () -> {};

    private final ScheduledExecutorService thread = new ScheduledThreadPoolExecutor(1, task -> {
        Thread daemon = new Thread(task, "curlew");
        daemon.setDaemon(true);
        return daemon;
    });

    private final Consumer<RuntimeException> onError;

    /** Makes the thread; {@code onError} hears of what the app's or a vendor's code throws. */
    public ThreadScheduler(Consumer<RuntimeException> onError) {
        this.onError = onError;
    }

    @Override
    public long now() {
        return System.currentTimeMillis();
    }

    @Override
    public Timer after(Duration delay, Runnable task) {
        try {
            ScheduledFuture<?> waiting = thread.schedule(() -> guarded(task), delay.toMillis(), TimeUnit.MILLISECONDS);
            return () -> waiting.cancel(false);
        } catch (RejectedExecutionException closed) {
            return NOTHING;
        }
    }

    private void guarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException problem) {
            onError.accept(problem);
        }
    }

    /** Ends the thread; what waits is dropped. */
    @Override
    public void close() {
        thread.shutdownNow();
    }
}
