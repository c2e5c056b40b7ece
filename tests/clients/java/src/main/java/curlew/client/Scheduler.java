package curlew.client;

import java.time.Duration;

/** The client's clock and its one thread: tasks run one at a time, so the classes of the client need no locks. */
public interface Scheduler {
    /** Unix milliseconds. */
    long now();

    /** Runs a task as soon as the tasks before it are done. May be called on any thread. */
    default Timer run(Runnable task) {
        return after(Duration.ZERO, task);
    }

    /** Runs a task later. */
    Timer after(Duration delay, Runnable task);

    /** A task that waits. */
    interface Timer {
        void cancel();
    }
}
