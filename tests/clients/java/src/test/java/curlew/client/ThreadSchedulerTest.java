package curlew.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ThreadSchedulerTest {
    private final BlockingQueue<String> done = new LinkedBlockingQueue<>();
    private final ThreadScheduler scheduler = new ThreadScheduler(error -> done.add(error.getMessage()));

    @AfterEach
    void end() {
        scheduler.close();
    }

    private String next() throws InterruptedException {
        return done.poll(10, TimeUnit.SECONDS);
    }

    @Test
    void tasks_run_one_after_the_other_in_order() throws InterruptedException {
        for (int task = 0; task < 100; task++) {
            String name = Integer.toString(task);
            scheduler.run(() -> done.add(name));
        }
        for (int task = 0; task < 100; task++) {
            assertEquals(Integer.toString(task), next());
        }
    }

    @Test
    void a_cancelled_task_does_not_run() throws InterruptedException {
        scheduler.after(Duration.ofMillis(1), () -> done.add("later"));
        scheduler.run(() -> {
            scheduler.after(Duration.ZERO, () -> done.add("cancelled")).cancel();
            scheduler.after(Duration.ofMillis(2), () -> done.add("last"));
        });
        assertEquals("later", next());
        assertEquals("last", next());
    }

    @Test
    void a_task_that_throws_is_told_and_ends_nothing_else() throws InterruptedException {
        scheduler.run(() -> {
            throw new IllegalStateException("a bug");
        });
        scheduler.run(() -> done.add("after it"));
        assertEquals("a bug", next());
        assertEquals("after it", next());
    }

    @Test
    void a_closed_scheduler_takes_no_more() {
        scheduler.close();
        scheduler.run(() -> done.add("too late")).cancel();
        assertTrue(done.isEmpty());
    }
}
