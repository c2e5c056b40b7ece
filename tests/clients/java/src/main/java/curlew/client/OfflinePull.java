package curlew.client;

import java.io.IOException;
import java.util.List;

/**
 * Fetches what was missed: a page, hand it over, acknowledge it, the next page. A page is acknowledged by the ids that the
 * app took, never by "up to here": a message that was stored late may have an id below.
 */
final class OfflinePull {
    private final Api api;
    private final Inbox inbox;
    private final Retry retry;

    OfflinePull(Api api, Inbox inbox, Retry retry) {
        this.api = api;
        this.inbox = inbox;
        this.retry = retry;
    }

    /** Pulls until nothing is left. */
    void start(UserSession session) {
        retry.start(() -> pull(session, null));
    }

    void stop() {
        retry.cancel();
    }

    /** One page. The next one is a task of its own, so that a logout comes between the two. */
    private void pull(UserSession session, String cursor) throws IOException {
        Api.Page page = api.offlineMessages(session, cursor);
        List<String> taken =
                page.messages().stream().filter(inbox::offer).map(Received::id).toList();
        if (!taken.isEmpty()) {
            api.acknowledge(session, taken);
        }
        if (page.cursor() != null) {
            retry.start(() -> pull(session, page.cursor()));
        }
    }
}
