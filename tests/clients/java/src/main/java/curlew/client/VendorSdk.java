package curlew.client;

/** The SDK of one vendor. On Android an adapter of about 30 lines wraps the vendor's own classes. */
public interface VendorSdk {
    Vendor vendor();

    /**
     * Tells whether this phone has the vendor's push service: for FCM Google's services, for Huawei HMS Core, for the
     * others what their SDK's own check says. Called only after the user has consented, as are the calls below.
     */
    boolean isSupported();

    /** Asks the vendor for a token. */
    void register(VendorApp app, Listener listener);

    /** Gives the token back to the vendor, which then refuses every push to it. */
    void unregister();

    /** What the SDK reports, on any thread. */
    interface Listener {
        /** A token: the first one, and every one that the vendor replaces it by later. */
        void token(String token);

        /** The vendor gave no token. The client asks again later. */
        void failed(String reason);
    }
}
