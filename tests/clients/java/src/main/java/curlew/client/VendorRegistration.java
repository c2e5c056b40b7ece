package curlew.client;

import java.util.function.Consumer;

/** Gets a token from the vendor that serves this phone, and asks again when the vendor gives none. */
final class VendorRegistration implements VendorSdk.Listener {
    private final VendorSdk sdk;
    private final VendorApp vendorApp;
    private final Scheduler scheduler;
    private final Backoff backoff;
    private final Consumer<String> onToken;
    private final App app;
    private boolean registered;

    VendorRegistration(
            VendorSdk sdk,
            VendorApp vendorApp,
            Scheduler scheduler,
            Backoff backoff,
            Consumer<String> onToken,
            App app) {
        this.sdk = sdk;
        this.vendorApp = vendorApp;
        this.scheduler = scheduler;
        this.backoff = backoff;
        this.onToken = onToken;
        this.app = app;
    }

    VendorApp vendorApp() {
        return vendorApp;
    }

    /** Registers unless that was done and not taken back. */
    void ensure() {
        if (!registered) {
            registered = true;
            sdk.register(vendorApp, this);
        }
    }

    /** Gives the token back: the vendor itself refuses pushes from now on. The next {@link #ensure} gets another one. */
    void giveBack() {
        registered = false;
        sdk.unregister();
    }

    @Override
    public void token(String token) {
        scheduler.run(() -> {
            if (registered) {
                backoff.reset();
                onToken.accept(token);
            }
        });
    }

    @Override
    public void failed(String reason) {
        scheduler.run(() -> {
            app.problem(vendorApp.vendor() + " gave no token: " + reason);
            scheduler.after(backoff.next(), this::again);
        });
    }

    private void again() {
        if (registered) {
            sdk.register(vendorApp, this);
        }
    }
}
