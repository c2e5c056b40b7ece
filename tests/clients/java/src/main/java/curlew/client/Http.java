package curlew.client;

import java.io.IOException;

/** Requests to the REST API. On Android, wrap OkHttp: {@code java.net.http} is not there. */
public interface Http {
    /**
     * Sends a request and waits for the answer, whatever its status.
     *
     * @param body JSON, or null
     * @throws IOException when no answer came
     */
    Response send(String method, String url, String bearer, String body) throws IOException;

    /**
     * An answer.
     *
     * @param retryAfterSeconds the header {@code Retry-After}; 0 when it is missing
     */
    record Response(int status, String body, long retryAfterSeconds) {}
}
