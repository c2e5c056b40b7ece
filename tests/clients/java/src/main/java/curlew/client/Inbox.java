package curlew.client;

/** Hands every message to the app once, whether it came by push, socket or pull. */
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
    boolean offer(Message message) {
        if (seen.isTaken(message.id())) {
            return true;
        }
        try {
            app.take(message, !inForeground && !seen.isShown(message.id()));
        } catch (RuntimeException refused) {
            app.problem("the app did not take " + message.id() + ": " + refused.getClass().getSimpleName());
            return false;
        }
        seen.taken(message.id());
        if (newest == null || newest.compareTo(message.id()) < 0) {
            newest = message.id();
        }
        return true;
    }

    /** Another user logs in. */
    void clear() {
        seen.clear();
        newest = null;
    }
}
