package curlew.client;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** A logged-in user with the current token. */
final class UserSession {
    private static final long MARGIN_MS = 60_000;
    /** Tokens that live shorter are not replaced more often. */
    private static final long SHORTEST_MS = 60_000;

    private final String user;
    private final App app;
    private final Scheduler scheduler;
    private UserToken token;

    UserSession(String user, App app, Scheduler scheduler) {
        this.user = user;
        this.app = app;
        this.scheduler = scheduler;
    }

    String user() {
        return user;
    }

    /** A token that works for a minute more at least; asks the app when there is none. */
    UserToken token() throws IOException {
        if (token == null || token.expiresAt() - MARGIN_MS <= scheduler.now()) {
            token = app.userToken(user);
        }
        return token;
    }

    /** The token of the last call, if there was one; does not ask for another. */
    Optional<UserToken> known() {
        return Optional.ofNullable(token);
    }

    /** Forgets the token: the server refused it. */
    void refused(UserToken which) {
        if (which.equals(token)) {
            token = null;
        }
    }

    /** How long the token serves before it has to be replaced. */
    Duration untilRenewal() {
        long left = token == null ? 0 : token.expiresAt() - MARGIN_MS - scheduler.now();
        return Duration.ofMillis(Math.max(SHORTEST_MS, left));
    }
}
