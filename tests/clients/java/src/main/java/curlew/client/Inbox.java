package curlew.client;

/** Hands every message and every instant push to the app once, whether it came by push, socket or pull. */
final class Inbox {
    private final SeenMessages seen;
    private final App app;
    private boolean inForeground;
    private String newest;

    Inbox(SeenMessages seen, App app) {
        this.seen = seen;
        this.app = app;
    }

    void inForeground(boolean is) {
        inForeground = is;
    }

    /** The newest message that the app has; null when there is none. Ids sort by time. */
    String newest() {
        return newest;
    }

    /**
     * Hands a message over unless that was done before.
     *
     * @return whether to acknowledge it: the app has it. One that comes again is acknowledged again, because its
     *     acknowledgement may have been lost.
     */
    boolean offer(Received received) {
        String id = received.id();
        if (seen.isTaken(id)) {
            return true;
        }
        try {
            hand(received, !inForeground && !seen.isShown(id));
        } catch (RuntimeException refused) {
            app.problem("the app did not take " + id + ": " + refused.getClass().getSimpleName());
            return false;
        }
        seen.taken(id);
        if (newest == null || newest.compareTo(id) < 0) {
            newest = id;
        }
        return true;
    }

    private void hand(Received received, boolean notify) {
        if (received.push().isPresent()) {
            app.takePush(received.push().get(), notify);
        } else {
            app.take(received.message(), notify);
        }
    }

    /** Another user logs in. */
    void clear() {
        seen.clear();
        newest = null;
    }
}
