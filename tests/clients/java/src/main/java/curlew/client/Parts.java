package curlew.client;

import java.util.function.BiConsumer;

/** Makes what the parts of a client are made from. */
final class Parts {
    private final PushConfig config;
    private final Platform platform;
    private final App app;

    Parts(PushConfig config, Platform platform, App app) {
        this.config = config;
        this.platform = platform;
        this.app = app;
    }

    Api api() {
        return new Api(config, platform.http());
    }

    Retry retry(String what) {
        return new Retry(what, platform.scheduler(), Backoff.forRequest(platform.random()), app);
    }

    LiveConnection connection(String deviceId, ConnectionListener listener) {
        return new LiveConnection(
                config,
                deviceId,
                platform.sockets(),
                platform.scheduler(),
                Backoff.forConnection(platform.random()),
                listener);
    }

    /** The registration with a vendor; its tokens are told with the certificate's name. */
    VendorRegistration registration(VendorSdk sdk, BiConsumer<String, String> onToken) {
        VendorApp vendorApp = config.vendorApp(sdk.vendor()).orElseThrow();
        return new VendorRegistration(
                sdk,
                vendorApp,
                platform.scheduler(),
                Backoff.forRequest(platform.random()),
                token -> onToken.accept(vendorApp.notifierName(), token),
                app);
    }
}
