package curlew.client;

import java.util.LinkedHashMap;
import java.util.Map;

/** What became of the newest messages on this device, by {@code msg_id}. Used on any thread. */
final class SeenMessages {
    /** More than the server keeps for a user: 500 one-to-one and 200 group messages. */
    static final int MAX = 2_000;

    private enum State {
        SHOWN,
        TAKEN
    }

    private final Map<String, State> states = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, State> eldest) {
            return size() > MAX;
        }
    };

    /** A push showed it. Returns false if the person knows of it already, by a push or in the app. */
    synchronized boolean shown(String id) {
        return states.putIfAbsent(id, State.SHOWN) == null;
    }

    /** The app stored it. */
    synchronized void taken(String id) {
        states.put(id, State.TAKEN);
    }

    synchronized boolean isShown(String id) {
        return states.containsKey(id);
    }

    synchronized boolean isTaken(String id) {
        return states.get(id) == State.TAKEN;
    }

    /** Another user logs in: nothing is known of that user's messages. */
    synchronized void clear() {
        states.clear();
    }
}
