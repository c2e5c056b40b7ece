package curlew.client;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/** The five calls of the REST API that a phone makes. */
final class Api {
    static final int MAX_PAGE = 100;

    private final PushConfig config;
    private final Http http;

    Api(PushConfig config, Http http) {
        this.config = config;
        this.http = http;
    }

    /** Binds the vendor's token to this device. The server takes the token from whoever had it before. */
    void bind(UserSession session, String deviceId, String notifierName, String deviceToken) throws IOException {
        JsonObject body = new JsonObject();
        body.addProperty("device_id", deviceId);
        body.addProperty("notifier_name", notifierName);
        body.addProperty("device_token", deviceToken);
        call(session, "PUT", "/push/binding", body);
    }

    /** Ends the device's session, with or without its bindings. Does not ask for another token: there may be no user any more. */
    void logout(String user, UserToken token, String deviceId, boolean unbind) throws IOException {
        JsonObject body = new JsonObject();
        body.addProperty("device_id", deviceId);
        body.addProperty("unbind_token", unbind);
        read(send(user, token, "POST", "/push/logout", body));
    }

    /** A page of the messages that wait, oldest first. */
    Page offlineMessages(UserSession session, String cursor) throws IOException {
        String query = "?limit=" + MAX_PAGE + (cursor == null ? "" : "&cursor=" + encoded(cursor));
        JsonObject answer = call(session, "GET", "/offline_messages" + query, null);
        if (!(answer.get("data") instanceof JsonArray data)) {
            throw new IOException("the answer has no data");
        }
        String next = Json.text(answer, "cursor");
        return new Page(Received.readAll(data), next.isEmpty() ? null : next);
    }

    /** Acknowledges messages that the app has stored, by their ids. */
    void acknowledge(UserSession session, List<String> ids) throws IOException {
        call(session, "POST", "/offline_messages/ack", Json.ids(ids));
    }

    /** Tells that the user opened the notification of a message on this device. A repeat changes nothing. */
    void clicked(UserSession session, String deviceId, String messageId) throws IOException {
        JsonObject body = new JsonObject();
        body.addProperty("msg_id", messageId);
        body.addProperty("device_id", deviceId);
        call(session, "POST", "/push/clicked", body);
    }

    /** A page; {@code cursor} is null on the last one. */
    record Page(List<Received> messages, String cursor) {}

    static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    /** Calls with the user's token, and once more with a fresh one when the server refuses the first. */
    private JsonObject call(UserSession session, String method, String path, JsonObject body) throws IOException {
        UserToken token = session.token();
        Http.Response answer = send(session.user(), token, method, path, body);
        if (answer.status() == 401) {
            session.refused(token);
            answer = send(session.user(), session.token(), method, path, body);
        }
        return read(answer);
    }

    private Http.Response send(String user, UserToken token, String method, String path, JsonObject body)
            throws IOException {
        String url = config.apiUrl() + "/" + config.org() + "/" + config.app() + "/users/" + encoded(user) + path;
        return http.send(method, url, token.value(), body == null ? null : body.toString());
    }

    private static JsonObject read(Http.Response answer) throws IOException {
        JsonObject json = Json.parse(answer.body());
        if (answer.status() / 100 == 2) {
            return json;
        }
        JsonElement text = json.get("error_description");
        throw new ApiException(
                answer.status(),
                text == null || !text.isJsonPrimitive() ? "" : text.getAsString(),
                Duration.ofSeconds(answer.retryAfterSeconds()));
    }
}
