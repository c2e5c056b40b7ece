package curlew.client;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** Where the server is, and which vendors the app has certificates for. */
public final class PushConfig {
    private final String apiUrl;
    private final String websocketUrl;
    private final String org;
    private final String app;
    private final Map<Vendor, VendorApp> vendors;

    private PushConfig(Builder builder) {
        apiUrl = Objects.requireNonNull(builder.apiUrl, "server(..) is missing");
        websocketUrl = builder.websocketUrl;
        org = builder.org;
        app = builder.app;
        vendors = new EnumMap<>(builder.vendors);
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Address of the REST API, without a slash at the end. */
    public String apiUrl() {
        return apiUrl;
    }

    /** Address of the live connection, without a slash at the end. */
    public String websocketUrl() {
        return websocketUrl;
    }

    public String org() {
        return org;
    }

    public String app() {
        return app;
    }

    /** The app at this vendor; empty when the app did not enable the vendor. */
    public Optional<VendorApp> vendorApp(Vendor vendor) {
        return Optional.ofNullable(vendors.get(vendor));
    }

    /**
     * Collects the settings. Every {@code enable..} names the certificate as the server's operator usually does; where the
     * operator chose another name, {@link #certificate} says it.
     */
    public static final class Builder {
        private String apiUrl;
        private String websocketUrl;
        private String org;
        private String app;
        private final Map<Vendor, VendorApp> vendors = new EnumMap<>(Vendor.class);

        private Builder() {}

        public Builder server(String apiUrl, String websocketUrl, String org, String app) {
            this.apiUrl = Objects.requireNonNull(apiUrl, "apiUrl");
            this.websocketUrl = Objects.requireNonNull(websocketUrl, "websocketUrl");
            this.org = Objects.requireNonNull(org, "org");
            this.app = Objects.requireNonNull(app, "app");
            return this;
        }

        public Builder enableFcm(String senderId) {
            return enable(Vendor.FCM, senderId, Map.of("sender_id", senderId));
        }

        public Builder enableXiaomi(String appId, String appKey) {
            return enable(Vendor.XIAOMI, appId, Map.of("app_id", appId, "app_key", appKey));
        }

        public Builder enableHuawei(String appId) {
            return enable(Vendor.HUAWEI, appId, Map.of("app_id", appId));
        }

        public Builder enableMeizu(String appId, String appKey) {
            return enable(Vendor.MEIZU, appId, Map.of("app_id", appId, "app_key", appKey));
        }

        public Builder enableOppo(String appKey, String appSecret) {
            return enable(Vendor.OPPO, appKey, Map.of("app_key", appKey, "app_secret", appSecret));
        }

        public Builder enableVivo(String appId, String appKey) {
            return enable(Vendor.VIVO, appId + "#" + appKey, Map.of("app_id", appId, "app_key", appKey));
        }

        public Builder enableHonor(String appId) {
            return enable(Vendor.HONOR, appId, Map.of("app_id", appId));
        }

        /** Names the certificate of an enabled vendor, where it has a name of its own on the server. */
        public Builder certificate(Vendor vendor, String notifierName) {
            VendorApp enabled = vendors.get(vendor);
            if (enabled == null) {
                throw new IllegalArgumentException("enable " + vendor + " first");
            }
            vendors.put(vendor, enabled.named(notifierName));
            return this;
        }

        public PushConfig build() {
            return new PushConfig(this);
        }

        private Builder enable(Vendor vendor, String notifierName, Map<String, String> keys) {
            vendors.put(vendor, new VendorApp(vendor, notifierName, keys));
            return this;
        }
    }
}
