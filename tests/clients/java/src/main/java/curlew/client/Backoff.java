package curlew.client;

import java.time.Duration;
import java.util.Random;

/** Delays that double up to a limit, each with a random part, so that many phones do not come back in one moment. */
final class Backoff {
    private final Duration first;
    private final Duration limit;
    private final Duration jitter;
    private final Random random;
    private int attempts;

    Backoff(Duration first, Duration limit, Duration jitter, Random random) {
        this.first = first;
        this.limit = limit;
        this.jitter = jitter;
        this.random = random;
    }

    /** For the live connection: 1, 2, 4 .. 300 s, and 0 to 60 s more. */
    static Backoff forConnection(Random random) {
        return new Backoff(Duration.ofSeconds(1), Duration.ofMinutes(5), Duration.ofSeconds(60), random);
    }

    /** For a request: 2, 4, 8 .. 600 s, and 0 to 5 s more. */
    static Backoff forRequest(Random random) {
        return new Backoff(Duration.ofSeconds(2), Duration.ofMinutes(10), Duration.ofSeconds(5), random);
    }

    /** How long to wait before the next attempt. */
    Duration next() {
        // 20 doublings of a second are past every limit, and far from overflow.
        long doubled = first.toMillis() << Math.min(attempts, 20);
        attempts++;
        long more = (long) (random.nextDouble() * jitter.toMillis());
        return Duration.ofMillis(Math.min(doubled, limit.toMillis()) + more);
    }

    /** Starts anew after a success. */
    void reset() {
        attempts = 0;
    }
}
