package curlew.client;

import java.io.IOException;
import java.time.Duration;

/**
 * Binds the vendor's token to the logged-in user: once both are known, again when the vendor replaces the token, and once
 * a day, in case the server lost the binding. Only the newest token is uploaded.
 */
final class TokenUpload {
    static final Duration REPEAT = Duration.ofDays(1);
    private static final String BOUND = "bound";
    private static final String BOUND_AT = "bound_at";

    private final Api api;
    private final Storage storage;
    private final Scheduler scheduler;
    private final Retry retry;
    private final String deviceId;
    private final Runnable onBound;
    private String notifierName;
    private String token;
    private UserSession session;
    private boolean bound;

    TokenUpload(Api api, Storage storage, Scheduler scheduler, Retry retry, String deviceId, Runnable onBound) {
        this.api = api;
        this.storage = storage;
        this.scheduler = scheduler;
        this.retry = retry;
        this.deviceId = deviceId;
        this.onBound = onBound;
    }

    /** Whether a vendor serves the logged-in user on this device. */
    boolean isBound() {
        return bound;
    }

    void token(String notifierName, String token) {
        this.notifierName = notifierName;
        this.token = token;
        upload();
    }

    void login(UserSession session) {
        this.session = session;
        upload();
    }

    /** Ends what waits; the binding on the server stays. */
    void logout() {
        retry.cancel();
        session = null;
        bound = false;
    }

    /** Forgets the token: it was given back to the vendor. */
    void tokenGone() {
        storage.put(BOUND, null);
        token = null;
    }

    private void upload() {
        if (session == null || token == null) {
            return;
        }
        bound = isRecorded();
        if (!bound) {
            retry.start(this::bind);
        }
    }

    private void bind() throws IOException {
        api.bind(session, deviceId, notifierName, token);
        bound = true;
        storage.put(BOUND, what());
        storage.put(BOUND_AT, Long.toString(scheduler.now()));
        onBound.run();
    }

    private boolean isRecorded() {
        String at = storage.get(BOUND_AT);
        return what().equals(storage.get(BOUND))
                && at != null
                && scheduler.now() - Long.parseLong(at) < REPEAT.toMillis();
    }

    private String what() {
        return session.user() + "\n" + notifierName + "\n" + token;
    }
}
