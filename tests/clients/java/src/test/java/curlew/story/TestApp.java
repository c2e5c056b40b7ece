package curlew.story;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;

/** The app's own server: it has the app token. */
record TestApp(String org, String name, String base, String token) {

    void addNotifier(String notifierName, String vendor, JsonObject credential) throws IOException {
        JsonObject notifier = new JsonObject();
        notifier.addProperty("name", notifierName);
        notifier.addProperty("vendor", vendor);
        notifier.add("credential", credential);
        call("POST", "/notifiers", notifier);
    }

    /** A user token. */
    JsonObject userToken(String user) throws IOException {
        JsonObject wanted = new JsonObject();
        wanted.addProperty("grant_type", "inherit");
        wanted.addProperty("username", user);
        wanted.addProperty("autoCreateUser", true);
        wanted.addProperty("ttl", 3600);
        return call("POST", "/token", wanted);
    }

    /** Sends a text and answers its id. */
    String send(String from, String to, String text) throws IOException {
        return call("POST", "/messages/users", message(from, to, text))
                .getAsJsonObject("data").get(to).getAsString();
    }

    /** Sends a text to a group and answers its id. */
    String sendToGroup(String from, String group, String text) throws IOException {
        return call("POST", "/messages/chatgroups", message(from, group, text))
                .getAsJsonObject("data").get(group).getAsString();
    }

    /** Pushes a notice without a chat over the own channel, and answers its id. */
    String pushNotice(String user, String title, String content) throws IOException {
        JsonObject notice = new JsonObject();
        notice.addProperty("title", title);
        notice.addProperty("content", content);
        JsonObject wanted = new JsonObject();
        wanted.addProperty("strategy", 3);
        wanted.add("pushMessage", notice);
        JsonArray answers = call("POST", "/push/async/" + user, wanted).getAsJsonArray("data");
        return answers.get(0).getAsJsonObject().get("msg_id").getAsString();
    }

    void createGroup(String group, String... members) throws IOException {
        JsonObject wanted = new JsonObject();
        wanted.addProperty("groupid", group);
        wanted.add("members", array(members));
        call("POST", "/chatgroups", wanted);
    }

    JsonArray bindings(String user) throws IOException {
        return call("GET", "/users/" + user + "/push/binding", null).getAsJsonArray("entities");
    }

    String status(String user) throws IOException {
        return call("GET", "/users/" + user + "/status", null)
                .getAsJsonObject("data").get(user).getAsString();
    }

    int waiting(String user) throws IOException {
        return call("GET", "/users/" + user + "/offline_msg_count", null)
                .getAsJsonObject("data").get(user).getAsInt();
    }

    /** What was decided for a message's receiver, as JSON; empty while nothing is recorded. */
    String trace(String id, String user) throws IOException {
        try {
            return call("GET", "/push/trace/" + id + "?user=" + user, null).get("data").toString();
        } catch (IOException notYet) {
            return "";
        }
    }

    private JsonObject call(String method, String path, JsonObject body) throws IOException {
        return Stack.call(method, base + path, token, body);
    }

    private static JsonObject message(String from, String to, String text) {
        JsonObject body = new JsonObject();
        body.addProperty("msg", text);
        JsonObject message = new JsonObject();
        message.addProperty("from", from);
        message.add("to", array(to));
        message.addProperty("type", "txt");
        message.add("body", body);
        return message;
    }

    private static JsonArray array(String... texts) {
        JsonArray array = new JsonArray();
        for (String text : texts) {
            array.add(text);
        }
        return array;
    }
}
