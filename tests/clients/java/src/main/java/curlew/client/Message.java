package curlew.client;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.Optional;

/**
 * A message as it was sent. Messages may arrive out of order and twice: sort and deduplicate by {@code id}.
 *
 * @param groupId null in a one-to-one message
 * @param timestamp when the server accepted it, in Unix milliseconds
 */
public record Message(
        String id,
        String from,
        String to,
        String chatType,
        String groupId,
        String type,
        JsonObject body,
        JsonObject ext,
        long timestamp) {

    /** Reads a message; empty without an id. */
    static Optional<Message> read(JsonElement element) {
        if (element == null || !element.isJsonObject()) {
            return Optional.empty();
        }
        JsonObject json = element.getAsJsonObject();
        String id = text(json, "msg_id");
        return id == null ? Optional.empty() : Optional.of(read(id, json));
    }

    private static Message read(String id, JsonObject json) {
        return new Message(
                id,
                text(json, "from"),
                text(json, "to"),
                text(json, "chat_type"),
                text(json, "group_id"),
                text(json, "type"),
                Json.object(json, "body"),
                Json.object(json, "ext"),
                number(json, "timestamp"));
    }

    /** Keeps the text out of logs. */
    @Override
    public String toString() {
        return "Message " + id;
    }

    private static String text(JsonObject json, String key) {
        JsonElement value = json.get(key);
        return value != null && value.isJsonPrimitive() ? value.getAsString() : null;
    }

    private static long number(JsonObject json, String key) {
        JsonElement value = json.get(key);
        boolean isNumber = value != null && value.isJsonPrimitive() && value.getAsJsonPrimitive().isNumber();
        return isNumber ? value.getAsLong() : 0;
    }
}
