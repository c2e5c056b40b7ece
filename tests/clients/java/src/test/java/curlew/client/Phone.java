package curlew.client;

import java.util.List;
import java.util.Random;

/** A phone with the client on it, and everything around it under the test's control. */
final class Phone {
    static final PushConfig CONFIG = PushConfig.builder()
            .server("http://api", "ws://live", "acme", "chat")
            .enableFcm("sender-1")
            .enableXiaomi("mi-1", "key")
            .enableHuawei("101234567")
            .enableVivo("105", "key")
            .build();

    final VirtualScheduler clock = new VirtualScheduler();
    final FakeServer server = new FakeServer();
    final FakeSockets sockets = new FakeSockets();
    final FakeApp app = new FakeApp();
    final MemoryStorage storage = new MemoryStorage();
    final List<FakeSdk> sdks;
    PushClient client;

    Phone(FakeSdk... sdks) {
        this.sdks = List.of(sdks);
        start();
    }

    /** A phone with Huawei's push service. */
    static Phone huawei() {
        return new Phone(new FakeSdk(Vendor.HUAWEI, true, "hw-1"));
    }

    /** A phone that no vendor serves. */
    static Phone plain() {
        return new Phone();
    }

    FakeSdk sdk() {
        return sdks.get(0);
    }

    /** The process starts, or starts again. */
    void start() {
        Platform platform = new Platform(server, sockets, clock, storage, new Random(7), List.copyOf(sdks));
        client = new PushClient(CONFIG, platform, app);
    }

    /** Lin has agreed, is logged in and looks at the app, and the connection is open. */
    Phone inUse() {
        client.registerAfterConsent();
        client.login("lin");
        client.appOpened();
        clock.settle();
        sockets.last().client.opened();
        clock.settle();
        return this;
    }
}
