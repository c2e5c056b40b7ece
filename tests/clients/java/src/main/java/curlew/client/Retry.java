package curlew.client;

import java.io.IOException;
import java.time.Duration;

/**
 * Repeats one request until it succeeds or the server refuses it for good, also when the app's own code fails on the way.
 * A new start replaces the one that waits.
 */
final class Retry {
    private final String what;
    private final Scheduler scheduler;
    private final Backoff backoff;
    private final App app;
    private Scheduler.Timer waiting;
    /** Counts starts and cancellations, so that an attempt knows when it is not wanted any more. */
    private int generation;

    Retry(String what, Scheduler scheduler, Backoff backoff, App app) {
        this.what = what;
        this.scheduler = scheduler;
        this.backoff = backoff;
        this.app = app;
    }

    /** One attempt. */
    interface Attempt {
        void run() throws IOException;
    }

    /** Attempts soon, and later again when no answer comes, the rate is reached, or the server fails. */
    void start(Attempt attempt) {
        cancel();
        backoff.reset();
        schedule(Duration.ZERO, attempt);
    }

    /** Gives up what waits. */
    void cancel() {
        generation++;
        if (waiting != null) {
            waiting.cancel();
            waiting = null;
        }
    }

    private void schedule(Duration delay, Attempt attempt) {
        int mine = generation;
        waiting = scheduler.after(delay, () -> {
            if (mine == generation) {
                attempt(attempt);
            }
        });
    }

    private void attempt(Attempt attempt) {
        int mine = generation;
        try {
            attempt.run();
        } catch (ApiException refused) {
            app.problem(what + ": " + refused.getMessage());
            if (!refused.isPermanent() && mine == generation) {
                schedule(longer(backoff.next(), refused.retryAfter()), attempt);
            }
        } catch (IOException | RuntimeException noAnswer) {
            if (mine == generation) {
                schedule(backoff.next(), attempt);
            }
        }
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) >= 0 ? one : other;
    }
}
