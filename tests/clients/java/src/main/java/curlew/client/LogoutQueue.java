package curlew.client;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.util.Optional;

/**
 * Logouts that the server has not confirmed. They survive the process and are tried until the server answers, because
 * until then the server may push to somebody who is not there any more.
 */
final class LogoutQueue {
    /** More people do not leave one phone between two connections; the oldest goes first. */
    static final int MAX = 8;
    private static final String KEY = "logouts";

    private final Api api;
    private final Storage storage;
    private final Retry retry;
    private final String deviceId;
    private final App app;

    LogoutQueue(Api api, Storage storage, Retry retry, String deviceId, App app) {
        this.api = api;
        this.storage = storage;
        this.retry = retry;
        this.deviceId = deviceId;
        this.app = app;
    }

    /** Remembers a logout. */
    void add(String user, Optional<UserToken> token, boolean unbind) {
        JsonArray all = without(user);
        JsonObject entry = new JsonObject();
        entry.addProperty("user", user);
        token.ifPresent(known -> {
            entry.addProperty("token", known.value());
            entry.addProperty("expires_at", known.expiresAt());
        });
        entry.addProperty("unbind", unbind);
        all.add(entry);
        while (all.size() > MAX) {
            all.remove(0);
        }
        store(all);
    }

    /** The user is back on this device: the logout would end the new session. */
    void forget(String user) {
        store(without(user));
    }

    /** Tells the server of every remembered logout, one after the other. */
    void start() {
        if (!read().isEmpty()) {
            retry.start(this::sendAll);
        }
    }

    private void sendAll() throws IOException {
        while (!read().isEmpty()) {
            JsonObject entry = read().get(0).getAsJsonObject();
            String user = entry.get("user").getAsString();
            send(user, entry);
            store(without(user));
        }
    }

    private void send(String user, JsonObject entry) throws IOException {
        UserToken token = entry.has("token")
                ? new UserToken(entry.get("token").getAsString(), entry.get("expires_at").getAsLong())
                : app.userToken(user);
        boolean unbind = entry.get("unbind").getAsBoolean();
        try {
            api.logout(user, token, deviceId, unbind);
        } catch (ApiException refused) {
            if (!refused.isPermanent()) {
                throw refused;
            }
            // The user, the app or the token is gone, so another attempt fails as well.
            app.problem("the app's server has to log the device out: " + refused.getMessage());
        }
    }

    private JsonArray read() {
        String stored = storage.get(KEY);
        return stored == null ? new JsonArray() : JsonParser.parseString(stored).getAsJsonArray();
    }

    private JsonArray without(String user) {
        JsonArray rest = new JsonArray();
        for (JsonElement entry : read()) {
            if (!entry.getAsJsonObject().get("user").getAsString().equals(user)) {
                rest.add(entry);
            }
        }
        return rest;
    }

    private void store(JsonArray all) {
        storage.put(KEY, all.isEmpty() ? null : all.toString());
    }
}
