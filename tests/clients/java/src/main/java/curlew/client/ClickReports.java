package curlew.client;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Notifications that the user opened, and that the server does not know of yet. They end with the process and with the
 * session: clicks are counted, and nothing else depends on them.
 */
final class ClickReports {
    /** Nobody opens more notifications between two connections; the oldest goes first. */
    static final int MAX = 32;

    private final Api api;
    private final Retry retry;
    private final String deviceId;
    private final App app;
    private final Deque<String> waiting = new ArrayDeque<>();

    ClickReports(Api api, Retry retry, String deviceId, App app) {
        this.api = api;
        this.retry = retry;
        this.deviceId = deviceId;
        this.app = app;
    }

    /** Remembers a click. */
    void add(String messageId) {
        if (waiting.contains(messageId)) {
            return;
        }
        waiting.addLast(messageId);
        while (waiting.size() > MAX) {
            waiting.removeFirst();
        }
    }

    /** Tells the server of every remembered click, one after the other. */
    void start(UserSession session) {
        if (session != null && !waiting.isEmpty()) {
            retry.start(() -> sendAll(session));
        }
    }

    /** Another user, or nobody, is logged in. */
    void clear() {
        retry.cancel();
        waiting.clear();
    }

    private void sendAll(UserSession session) throws IOException {
        while (!waiting.isEmpty()) {
            String messageId = waiting.getFirst();
            try {
                api.clicked(session, deviceId, messageId);
            } catch (ApiException refused) {
                if (!refused.isPermanent()) {
                    throw refused;
                }
                app.problem("click: " + refused.getMessage());
            }
            waiting.remove(messageId);
        }
    }
}
