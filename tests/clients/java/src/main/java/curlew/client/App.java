package curlew.client;

import java.io.IOException;

/** What the client needs from the app. All calls come on the client's thread, one at a time. */
public interface App {
    /**
     * Stores a message. The client acknowledges it to the server when this method returns, and only then; when it throws,
     * the message stays on the server and comes again. A process may die between the two, so the app's own database has to
     * keep {@code msg_id} unique.
     *
     * @param notify whether the app should show a notification: it is in the background and no push showed this message
     */
    void take(Message message, boolean notify);

    /**
     * Stores an instant push: a notice of the app's own server, without a chat. It is acknowledged as a message is.
     *
     * @param notify whether the app should show a notification, with the push's title and content: it is in the background
     *     and no vendor showed this push. In the foreground the app shows it in its own way.
     */
    void takePush(InstantPush push, boolean notify);

    /**
     * Gets a user token from the app's own server. The client asks at login, before a token ends, and after a 401; it waits
     * for the answer, so give up after 10 seconds.
     */
    UserToken userToken(String user) throws IOException;

    /** Sets the number on the launcher's icon to zero and removes the app's notifications. */
    void clearBadge();

    /**
     * The server ended this device's session, and the client stays away until {@link PushClient#login}. The reasons are
     * {@code kicked}, {@code logout}, {@code offline} (the app's server said so) and {@code superseded} (another process
     * uses this device's id).
     */
    void kicked(String reason);

    /** Something that the app's developers should know: it is never a token, nor a message's text. */
    void problem(String what);

    /** Overrides the detection for one vendor: return false to pass it over. */
    default boolean isSupportPush(Vendor vendor, boolean supported) {
        return supported;
    }
}
