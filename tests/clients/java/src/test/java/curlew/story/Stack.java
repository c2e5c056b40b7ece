package curlew.story;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import curlew.client.Http;
import curlew.client.JdkHttp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The local stack, as {@code .local/stack.json} describes it: the operator's calls, and what the simulated vendors saw. */
final class Stack {
    private static final Http HTTP = new JdkHttp();

    final String apiUrl;
    final String websocketUrl;
    private final String operatorKey;
    private final String vendors;

    private Stack(JsonObject described) {
        apiUrl = described.get("api_url").getAsString();
        websocketUrl = described.get("websocket_url").getAsString();
        operatorKey = described.get("operator_key").getAsString();
        vendors = described.get("vendor_base_url").getAsString();
    }

    static Stack read(String path) throws IOException {
        return new Stack(JsonParser.parseString(Files.readString(Path.of(path))).getAsJsonObject());
    }

    /** Makes an app and gets its token. */
    TestApp createApp(String org, String name) throws IOException {
        JsonObject app = new JsonObject();
        app.addProperty("org", org);
        app.addProperty("app", name);
        JsonObject created = call("POST", apiUrl + "/management/apps", operatorKey, app);
        JsonObject client = new JsonObject();
        client.addProperty("grant_type", "client_credentials");
        client.add("client_id", created.get("client_id"));
        client.add("client_secret", created.get("client_secret"));
        String base = apiUrl + "/" + org + "/" + name;
        JsonObject token = call("POST", base + "/token", "none", client);
        return new TestApp(org, name, base, token.get("access_token").getAsString());
    }

    /** The credential of a test account that the vendor's simulator knows. */
    JsonObject credential(String vendor) throws IOException {
        return call("GET", vendors + "/_sim/test-accounts", "none", null).getAsJsonObject(vendor);
    }

    /** What a phone got from its vendor, oldest first: waits until there are so many, or a minute and a half. */
    JsonArray deliveries(String vendor, String token, int atLeast) throws IOException {
        JsonArray got = new JsonArray();
        // In steps, because a request waits for ten seconds at most.
        for (int step = 0; step < 18 && got.size() < atLeast; step++) {
            String query = "?vendor=" + vendor + "&token=" + token + "&at_least=" + atLeast + "&wait_ms=5000";
            got = call("GET", vendors + "/_sim/deliveries" + query, "none", null).getAsJsonArray("deliveries");
        }
        return got;
    }

    static JsonObject call(String method, String url, String bearer, JsonObject body) throws IOException {
        Http.Response answer = HTTP.send(method, url, bearer, body == null ? null : body.toString());
        if (answer.status() / 100 != 2) {
            throw new IOException(method + " " + url.replaceFirst("\\?.*", "") + ": " + answer.status() + " " + answer.body());
        }
        return JsonParser.parseString(answer.body()).getAsJsonObject();
    }
}
