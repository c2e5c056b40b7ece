package curlew.story;

import com.google.gson.JsonObject;
import curlew.client.App;
import curlew.client.InstantPush;
import curlew.client.JdkHttp;
import curlew.client.Message;
import curlew.client.Platform;
import curlew.client.PushClient;
import curlew.client.PushConfig;
import curlew.client.Storage;
import curlew.client.ThreadScheduler;
import curlew.client.UserToken;
import curlew.client.Vendor;
import curlew.client.VendorApp;
import curlew.client.VendorSdk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** Lin's phone: a Huawei without Google's services, with the app and its client on it. */
final class LinsPhone implements App {
    static final String USER = "lin";

    final String vendorToken = "IQAAAACy" + UUID.randomUUID().toString().replace("-", "");
    final CutSockets sockets = new CutSockets();
    final PushClient client;
    private final TestApp server;
    private final List<String> taken = new ArrayList<>();
    private final List<InstantPush> notices = new ArrayList<>();
    private final List<String> notified = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();
    private int badgesCleared;

    LinsPhone(PushConfig config, TestApp server) {
        this.server = server;
        List<VendorSdk> sdks = List.of(new Sdk(Vendor.HUAWEI, true), new Sdk(Vendor.FCM, false));
        Platform platform = new Platform(
                new JdkHttp(), sockets, new ThreadScheduler(error -> problem(error.toString())), new Preferences(), new Random(), sdks);
        client = new PushClient(config, platform, this);
    }

    synchronized List<String> taken() {
        return List.copyOf(taken);
    }

    synchronized List<InstantPush> notices() {
        return List.copyOf(notices);
    }

    synchronized List<String> notified() {
        return List.copyOf(notified);
    }

    synchronized List<String> problems() {
        return List.copyOf(problems);
    }

    synchronized int badgesCleared() {
        return badgesCleared;
    }

    @Override
    public synchronized void take(Message message, boolean notify) {
        taken.add(message.id());
        if (notify) {
            notified.add(message.id());
        }
    }

    @Override
    public synchronized void takePush(InstantPush push, boolean notify) {
        notices.add(push);
        if (notify) {
            notified.add(push.id());
        }
    }

    @Override
    public UserToken userToken(String user) throws IOException {
        JsonObject token = server.userToken(user);
        long lifetime = token.get("expires_in").getAsLong() * 1000;
        return new UserToken(token.get("access_token").getAsString(), System.currentTimeMillis() + lifetime);
    }

    @Override
    public synchronized void clearBadge() {
        badgesCleared++;
    }

    @Override
    public void kicked(String reason) {
        problem("kicked: " + reason);
    }

    @Override
    public synchronized void problem(String what) {
        problems.add(what);
    }

    /** A vendor's SDK, as far as the client sees it. */
    private final class Sdk implements VendorSdk {
        private final Vendor vendor;
        private final boolean supported;

        Sdk(Vendor vendor, boolean supported) {
            this.vendor = vendor;
            this.supported = supported;
        }

        @Override
        public Vendor vendor() {
            return vendor;
        }

        @Override
        public boolean isSupported() {
            return supported;
        }

        @Override
        public void register(VendorApp app, Listener listener) {
            listener.token(vendorToken);
        }

        @Override
        public void unregister() {}
    }

    /** Private preferences of the app. */
    private static final class Preferences implements Storage {
        private final Map<String, String> values = new ConcurrentHashMap<>();

        @Override
        public String get(String key) {
            return values.get(key);
        }

        @Override
        public void put(String key, String value) {
            if (value == null) {
                values.remove(key);
            } else {
                values.put(key, value);
            }
        }
    }
}
