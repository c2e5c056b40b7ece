package curlew.client;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.Optional;

/**
 * A notice of the app's own server, without a chat. It comes over the connection or with a pull, and may come twice:
 * deduplicate by {@code id}.
 *
 * @param subTitle null without one
 * @param config what a tap does and what the badge shows, as the sender wrote it
 * @param easemob the sender's block for this channel
 * @param ext the sender's own data
 * @param timestamp when the server accepted it, in Unix milliseconds
 */
public record InstantPush(
        String id,
        String title,
        String content,
        String subTitle,
        JsonObject config,
        JsonObject easemob,
        JsonObject ext,
        long timestamp) {

    /** Reads what to show of a message; empty when it is no instant push. */
    static Optional<InstantPush> of(Message message, JsonElement push) {
        if (push == null || !push.isJsonObject()) {
            return Optional.empty();
        }
        JsonObject shown = push.getAsJsonObject();
        String subTitle = Json.text(shown, "subTitle");
        return Optional.of(new InstantPush(
                message.id(),
                Json.text(shown, "title"),
                Json.text(shown, "content"),
                subTitle.isEmpty() ? null : subTitle,
                Json.object(shown, "config"),
                Json.object(shown, "easemob"),
                message.ext(),
                message.timestamp()));
    }

    /** Keeps the text out of logs. */
    @Override
    public String toString() {
        return "InstantPush " + id;
    }
}
