package curlew.client;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The REST API with bindings and an offline store, behind a network that a test can cut. */
final class FakeServer implements Http {
    /** Messages that wait, in the order of their ids. */
    final TreeSet<String> waiting = new TreeSet<>();
    /** Those of them that are instant pushes. */
    final Set<String> instant = new HashSet<>();
    /** User, then notifier, then token. */
    final Map<String, Map<String, String>> bindings = new LinkedHashMap<>();
    /** User, message and device of every click that was reported. */
    final List<String> clicked = new ArrayList<>();
    /** Method and path of every request that arrived. */
    final List<String> requests = new ArrayList<>();
    /** What arrives is answered with this status; 0: as it should be. */
    int failWith;
    long retryAfterSeconds;
    boolean unreachable;
    /** The answer to an acknowledgement is lost, once. */
    boolean loseAckAnswer;
    /** Bearers that the server does not accept any more. */
    final List<String> revoked = new ArrayList<>();
    int pageSize = 100;
    /** Runs after a page was read and before its acknowledgement. */
    Runnable afterPage = () -> {};

    static JsonObject message(String id) {
        JsonObject message = new JsonObject();
        message.addProperty("msg_id", id);
        message.addProperty("from", "wei");
        message.addProperty("to", "lin");
        message.addProperty("chat_type", "chat");
        message.addProperty("type", "txt");
        message.addProperty("timestamp", 1_767_225_600_000L);
        return message;
    }

    @Override
    public Response send(String method, String url, String bearer, String body) throws IOException {
        if (unreachable) {
            throw new IOException("no network");
        }
        String path = url.substring(url.indexOf("/users/") + "/users/".length());
        requests.add(method + " " + path);
        if (failWith != 0) {
            return new Response(failWith, "{\"error_description\":\"as the test said\"}", retryAfterSeconds);
        }
        if (revoked.contains(bearer)) {
            return new Response(401, "{}", 0);
        }
        String user = path.substring(0, path.indexOf('/'));
        JsonObject json = body == null ? new JsonObject() : JsonParser.parseString(body).getAsJsonObject();
        return new Response(200, answer(user, path.substring(user.length()), json).toString(), 0);
    }

    long count(String request) {
        return requests.stream().filter(it -> it.startsWith(request)).count();
    }

    private JsonObject answer(String user, String path, JsonObject body) throws IOException {
        if (path.equals("/push/binding")) {
            String token = body.get("device_token").getAsString();
            bindings.values().forEach(of -> of.values().remove(token));
            bindings.computeIfAbsent(user, it -> new LinkedHashMap<>())
                    .put(body.get("notifier_name").getAsString(), token);
            return new JsonObject();
        }
        if (path.equals("/push/logout")) {
            if (body.get("unbind_token").getAsBoolean()) {
                bindings.remove(user);
            }
            return new JsonObject();
        }
        if (path.equals("/push/clicked")) {
            clicked.add(user + " " + body.get("msg_id").getAsString() + " " + body.get("device_id").getAsString());
            return new JsonObject();
        }
        if (path.equals("/offline_messages/ack")) {
            for (JsonElement id : body.getAsJsonArray("msg_ids")) {
                waiting.remove(id.getAsString());
            }
            if (loseAckAnswer) {
                loseAckAnswer = false;
                throw new IOException("the answer was lost");
            }
            return new JsonObject();
        }
        return page(path.contains("cursor=") ? path.substring(path.indexOf("cursor=") + 7) : "");
    }

    private JsonObject stored(String id) {
        JsonObject message = message(id);
        if (instant.contains(id)) {
            message.add("push", new JsonObject());
        }
        return message;
    }

    /** A page above the cursor, which is the last id of the page before. */
    private JsonObject page(String cursor) {
        JsonArray data = new JsonArray();
        List<String> ids = waiting.stream()
                .filter(id -> id.compareTo(cursor) > 0)
                .limit(pageSize)
                .toList();
        ids.forEach(id -> data.add(stored(id)));
        JsonObject answer = new JsonObject();
        answer.add("data", data);
        if (ids.size() == pageSize) {
            answer.addProperty("cursor", ids.get(pageSize - 1));
        }
        afterPage.run();
        return answer;
    }
}
