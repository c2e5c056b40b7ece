package curlew.client;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.util.List;

/** JSON without reflection: a shrinker such as R8 needs no keep rule for this client. */
final class Json {
    private Json() {}

    /** The object in a text; an empty object when the text is none, as from a proxy that answers in HTML. */
    static JsonObject parse(String text) {
        try {
            JsonElement parsed = JsonParser.parseString(text);
            return parsed.isJsonObject() ? parsed.getAsJsonObject() : new JsonObject();
        } catch (JsonParseException notJson) {
            return new JsonObject();
        }
    }

    /** A text of an object, or an empty text. */
    static String text(JsonObject json, String key) {
        JsonElement value = json.get(key);
        return value != null && value.isJsonPrimitive() ? value.getAsString() : "";
    }

    /** An object of an object, or an empty one. */
    static JsonObject object(JsonObject json, String key) {
        JsonElement value = json.get(key);
        return value != null && value.isJsonObject() ? value.getAsJsonObject() : new JsonObject();
    }

    static JsonObject ids(List<String> ids) {
        JsonArray array = new JsonArray();
        ids.forEach(array::add);
        JsonObject object = new JsonObject();
        object.add("msg_ids", array);
        return object;
    }
}
