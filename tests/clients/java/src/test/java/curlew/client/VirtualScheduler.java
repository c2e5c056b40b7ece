package curlew.client;

import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;

/** A clock that stands still until a test moves it. */
final class VirtualScheduler implements Scheduler {
    private final PriorityQueue<Task> tasks =
            new PriorityQueue<>(Comparator.comparingLong(Task::at).thenComparingLong(Task::number));
    private long now = 1_767_225_600_000L;
    private long number;

    private record Task(long at, long number, Runnable work) {}

    @Override
    public long now() {
        return now;
    }

    @Override
    public Timer after(Duration delay, Runnable task) {
        Task added = new Task(now + delay.toMillis(), number++, task);
        tasks.add(added);
        return () -> tasks.remove(added);
    }

    /** Runs what is due, and what that makes due. */
    void settle() {
        advance(Duration.ZERO);
    }

    /** Moves the clock, task by task. */
    void advance(Duration by) {
        long end = now + by.toMillis();
        while (!tasks.isEmpty() && tasks.peek().at() <= end) {
            Task next = tasks.poll();
            now = Math.max(now, next.at());
            next.work().run();
        }
        now = end;
    }

    /** How long until the next task. */
    Duration untilNext() {
        return Duration.ofMillis(tasks.isEmpty() ? Long.MAX_VALUE : tasks.peek().at() - now);
    }
}
