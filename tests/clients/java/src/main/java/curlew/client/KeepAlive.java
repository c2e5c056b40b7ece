package curlew.client;

import java.time.Duration;

/** Keeps an idle connection open, and finds out that a dead one is dead. */
final class KeepAlive {
    /** API Gateway closes a connection after 10 idle minutes. */
    static final Duration IDLE = Duration.ofMinutes(9);
    /** An answer to a ping that takes longer will not come. */
    static final Duration PONG = Duration.ofSeconds(30);

    private final Scheduler scheduler;
    private final Runnable sendPing;
    private final Runnable onDead;
    private Scheduler.Timer timer = () -> {};

    KeepAlive(Scheduler scheduler, Runnable sendPing, Runnable onDead) {
        this.scheduler = scheduler;
        this.sendPing = sendPing;
        this.onDead = onDead;
    }

    /** Something came from the server: the next ping is a whole idle time away. */
    void alive() {
        timer.cancel();
        timer = scheduler.after(IDLE, this::ping);
    }

    /** Asks now whether the connection is still there. */
    void ping() {
        sendPing.run();
        expect(PONG);
    }

    /** Takes the connection for dead unless something comes in time. */
    void expect(Duration within) {
        timer.cancel();
        timer = scheduler.after(within, onDead);
    }

    void stop() {
        timer.cancel();
    }
}
