package curlew.client;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the server has for the user: a message, or an instant push in the shape of one.
 *
 * @param push empty when it is a message of a chat
 */
record Received(Message message, Optional<InstantPush> push) {

    /** Reads a list. What is no message is left out, so that it does not stand in the way of the others. */
    static List<Received> readAll(JsonArray array) {
        List<Received> all = new ArrayList<>();
        array.forEach(element -> read(element).ifPresent(all::add));
        return all;
    }

    /** Reads one; empty without an id. */
    static Optional<Received> read(JsonElement element) {
        return Message.read(element)
                .map(message -> new Received(
                        message, InstantPush.of(message, element.getAsJsonObject().get("push"))));
    }

    String id() {
        return message.id();
    }
}
