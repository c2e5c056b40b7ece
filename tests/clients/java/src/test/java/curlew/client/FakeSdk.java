package curlew.client;

/** A vendor's SDK: supported or not, with a token or without. */
final class FakeSdk implements VendorSdk {
    private final Vendor vendor;
    private final boolean supported;
    private Listener listener;
    /** What the vendor answers a registration; null: nothing yet. */
    String token;
    /** Why the vendor gives no token; null: it does. */
    String failure;
    int checks;
    int registrations;
    int givenBack;
    VendorApp registeredAs;

    FakeSdk(Vendor vendor, boolean supported, String token) {
        this.vendor = vendor;
        this.supported = supported;
        this.token = token;
    }

    @Override
    public Vendor vendor() {
        return vendor;
    }

    @Override
    public boolean isSupported() {
        checks++;
        return supported;
    }

    @Override
    public void register(VendorApp app, Listener listener) {
        registrations++;
        registeredAs = app;
        this.listener = listener;
        if (failure != null) {
            listener.failed(failure);
        } else if (token != null) {
            listener.token(token);
        }
    }

    @Override
    public void unregister() {
        givenBack++;
    }

    /** The vendor replaces the token. */
    void renew(String fresh) {
        token = fresh;
        listener.token(fresh);
    }
}
