package curlew.client;

import java.io.IOException;
import java.time.Duration;

/** The server answered, and refused. */
@SuppressWarnings("serial")
public final class ApiException extends IOException {
    private final int status;
    private final Duration retryAfter;

    ApiException(int status, String text, Duration retryAfter) {
        super(status + " " + text);
        this.status = status;
        this.retryAfter = retryAfter;
    }

    public int status() {
        return status;
    }

    /** How long the server asks to wait before the next attempt. */
    Duration retryAfter() {
        return retryAfter;
    }

    /** Whether the same request fails again: neither the rate nor the server was the cause. */
    boolean isPermanent() {
        return status < 500 && status != 429 && status != 408;
    }
}
