package curlew.compat;

import com.easemob.im.server.EMProperties;
import com.easemob.im.server.EMService;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** An app of the local stack: Easemob's SDK on it, and calls that this version of the SDK does not have. */
final class App {
    private static final String ORG = "compat";
    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final HttpClient HTTP = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(TIMEOUT)
            .build();

    final EMService sdk;
    private final String apiUrl;
    private final String name;
    private final String clientId;
    private final String token;

    private App(String apiUrl, String name, JsonObject client) throws IOException {
        this.apiUrl = apiUrl;
        this.name = name;
        clientId = client.get("client_id").getAsString();
        String secret = client.get("client_secret").getAsString();
        sdk = sdk(secret);
        JsonObject grant = new JsonObject();
        grant.addProperty("grant_type", "client_credentials");
        grant.addProperty("client_id", clientId);
        grant.addProperty("client_secret", secret);
        token = ok(request(url("/token"), "POST", null, grant.toString())).get("access_token").getAsString();
    }

    /** Makes an app with advanced push, by the operator key that `.local/stack.json` has. */
    static App create(String area) throws IOException {
        JsonObject stack = JsonParser.parseString(Files.readString(Path.of(System.getProperty("curlew.stack"))))
                .getAsJsonObject();
        String apiUrl = stack.get("api_url").getAsString();
        String name = area + "-" + System.currentTimeMillis();
        String wanted = json("{'org':'%s','app':'%s','settings':{'advanced_push':true}}", ORG, name);
        String operatorKey = stack.get("operator_key").getAsString();
        return new App(apiUrl, name, ok(request(apiUrl + "/management/apps", "POST", operatorKey, wanted)));
    }

    /** The SDK as an app server sets it up, with a client secret. */
    EMService sdk(String secret) {
        return new EMService(EMProperties.builder()
                .setBaseUri(apiUrl)
                .setAppkey(ORG + "#" + name)
                .setClientId(clientId)
                .setClientSecret(secret)
                .build());
    }

    JsonObject get(String path) throws IOException {
        return call("GET", path, null);
    }

    /** A call that must succeed, with the app token and without a Content-Type, as the SDK makes its calls. */
    JsonObject call(String method, String path, String body) throws IOException {
        return ok(request(url(path), method, token, body));
    }

    /** The same with any token. */
    JsonObject getAs(String bearer, String path) throws IOException {
        return ok(request(url(path), "GET", bearer, null));
    }

    /** The status of a call, and its answer. */
    Answer answer(String method, String path, String body) throws IOException {
        HttpResponse<String> answer = send(request(url(path), method, token, body));
        return new Answer(answer.statusCode(), JsonParser.parseString(answer.body()).getAsJsonObject());
    }

    /** Reports that a device of a user is online, as an IM gateway does. */
    void online(String user, String device) throws IOException {
        String event = "{'events':[{'user':'%s','device_id':'%s','session':'s1','status':'online','platform':'android','ts':%d}]}";
        call("POST", "/presence/events", json(event, user, device, System.currentTimeMillis()));
    }

    private String url(String path) {
        return apiUrl + "/" + ORG + "/" + name + path;
    }

    /** A text of JSON, written with single quotes. */
    static String json(String format, Object... values) {
        return String.format(format, values).replace('\'', '"');
    }

    private static HttpRequest request(String url, String method, String bearer, String body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url)).timeout(TIMEOUT);
        if (bearer != null) {
            request.header("Authorization", "Bearer " + bearer);
        }
        return request.method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body)).build();
    }

    private static JsonObject ok(HttpRequest request) throws IOException {
        HttpResponse<String> answer = send(request);
        if (answer.statusCode() / 100 != 2) {
            throw new IOException(request.method() + " " + request.uri() + ": " + answer.statusCode() + " " + answer.body());
        }
        return JsonParser.parseString(answer.body()).getAsJsonObject();
    }

    private static HttpResponse<String> send(HttpRequest request) throws IOException {
        try {
            return HTTP.send(request, BodyHandlers.ofString());
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
            throw new IOException("the test was ended", ended);
        }
    }

    /** What was answered. */
    record Answer(int status, JsonObject body) {}
}
