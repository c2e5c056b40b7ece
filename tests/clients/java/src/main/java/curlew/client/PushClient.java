package curlew.client;

import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * The client: registers with the vendor that serves this phone, binds its token, keeps the live connection while the app
 * is open (and always when no vendor serves), and hands every message to the app once.
 *
 * <p>The order is: consent, {@link #registerAfterConsent}, {@link #login}, {@link #appOpened}. All methods return at once.
 */
public final class PushClient {
    private static final String DEVICE_ID = "device_id";
    private static final String USER = "user";

    private final App app;
    private final Storage storage;
    private final Scheduler scheduler;
    private final SeenMessages seen = new SeenMessages();
    private final Inbox inbox;
    private final OfflinePull pull;
    private final TokenUpload upload;
    private final LogoutQueue logouts;
    private final ClickReports clicks;
    private final LiveConnection connection;
    private final Supplier<Optional<VendorRegistration>> detection;
    private volatile Optional<VendorRegistration> registration = Optional.empty();
    private UserSession session;
    private boolean consented;
    private boolean inForeground;

    public PushClient(PushConfig config, Platform platform, App app) {
        this.app = app;
        storage = platform.storage();
        scheduler = platform.scheduler();
        String deviceId = deviceId();
        Parts parts = new Parts(config, platform, app);
        inbox = new Inbox(seen, app);
        Api api = parts.api();
        pull = new OfflinePull(api, inbox, parts.retry("pull"));
        upload = new TokenUpload(api, storage, scheduler, parts.retry("binding"), deviceId, this::settle);
        logouts = new LogoutQueue(api, storage, parts.retry("logout"), deviceId, app);
        clicks = new ClickReports(api, parts.retry("click"), deviceId, app);
        connection = parts.connection(deviceId, new Connected());
        detection = () -> VendorDetection.choose(config, platform.sdks(), app)
                .map(sdk -> parts.registration(sdk, this::onToken));
    }

    /** The vendor that serves this phone; empty before the consent, and when none does and the connection is kept instead. */
    public Optional<Vendor> vendor() {
        return registration.map(it -> it.vendorApp().vendor());
    }

    /**
     * Detects the vendor and starts its SDK. Call it when the user has agreed to the privacy notice, and at every start of
     * the process after that. Until then no class of a vendor is touched.
     */
    public void registerAfterConsent() {
        scheduler.run(() -> {
            if (!consented) {
                consented = true;
                registration = detection.get();
            }
            registration.ifPresent(VendorRegistration::ensure);
            logouts.start();
        });
    }

    /** A user is logged in to the app. */
    public void login(String user) {
        scheduler.run(() -> {
            if (!user.equals(storage.get(USER))) {
                inbox.clear();
                connection.stop();
                pull.stop();
                clicks.clear();
            }
            storage.put(USER, user);
            logouts.forget(user);
            session = new UserSession(user, app, scheduler);
            registration.ifPresent(VendorRegistration::ensure);
            upload.login(session);
            clicks.start(session);
            settle();
        });
    }

    /** The app came to the foreground: the badge goes, the connection opens, what was missed is pulled. */
    public void appOpened() {
        scheduler.run(() -> {
            inForeground = true;
            inbox.inForeground(true);
            app.clearBadge();
            settle();
            connection.check();
        });
    }

    /**
     * The app went to the background. Where a vendor serves, the connection is closed, so that the next message is pushed
     * at once and not after a dead connection was noticed.
     */
    public void appInBackground() {
        scheduler.run(() -> {
            inForeground = false;
            inbox.inForeground(false);
            settle();
        });
    }

    /** The phone got a network, or another one. */
    public void networkAvailable() {
        scheduler.run(() -> {
            connection.check();
            logouts.start();
            clicks.start(session);
        });
    }

    /**
     * A push arrived while the process was running. May be called on any thread.
     *
     * @param payload the keys {@code f}, {@code t} or {@code g}, {@code m}, {@code e}, as the vendor's SDK hands them over
     * @return whether the app should show it: it is for the user who is logged in, and nothing showed it before
     */
    public boolean pushArrived(Map<String, String> payload) {
        String id = payload.get("m");
        return isForUser(payload) && id != null && seen.shown(id);
    }

    /**
     * The user opened a notification, be it the vendor's or the app's own for a push. The server counts it. May be called on
     * any thread, and before the login when the tap started the process.
     */
    public void pushTapped(Map<String, String> payload) {
        scheduler.run(() -> {
            String id = payload.get("m");
            if (isForUser(payload) && id != null) {
                seen.shown(id);
                clicks.add(id);
                clicks.start(session);
            }
        });
    }

    /** Whether a push is for the user who is logged in. One of a group names no receiver. */
    private boolean isForUser(Map<String, String> payload) {
        String user = storage.get(USER);
        String receiver = payload.get("t");
        return user != null && (receiver == null || receiver.equals(user));
    }

    /**
     * Logs out. With {@code unbind} this device gets no push for the user any more: the server drops the binding, and the
     * vendor gets the token back. Without it, pushes go on. Without a network the server is told as soon as there is one.
     */
    public void logout(boolean unbind) {
        scheduler.run(() -> {
            UserSession leaving = session;
            if (leaving == null) {
                return;
            }
            endSession();
            logouts.add(leaving.user(), leaving.known(), unbind);
            if (unbind) {
                upload.tokenGone();
                registration.ifPresent(VendorRegistration::giveBack);
            }
            logouts.start();
        });
    }

    /** Opens or closes the connection, as the app and the binding are now. */
    private void settle() {
        if (session != null && (inForeground || !upload.isBound())) {
            connection.start(session);
        } else {
            connection.stop();
        }
    }

    private void endSession() {
        session = null;
        storage.put(USER, null);
        connection.stop();
        pull.stop();
        clicks.clear();
        upload.logout();
    }

    private String deviceId() {
        String known = storage.get(DEVICE_ID);
        if (known != null) {
            return known;
        }
        String fresh = UUID.randomUUID().toString();
        storage.put(DEVICE_ID, fresh);
        return fresh;
    }

    private void onToken(String notifierName, String token) {
        upload.token(notifierName, token);
        settle();
    }

    /** What the connection brings. */
    private final class Connected implements ConnectionListener {
        @Override
        public void opened() {
            pull.start(session);
        }

        @Override
        public void unreachable() {
            pull.start(session);
        }

        /** The pull finds what was not acknowledged, and acknowledges it again. */
        @Override
        public void frameLost() {
            pull.start(session);
        }

        @Override
        public boolean received(Received received) {
            return inbox.offer(received);
        }

        @Override
        public void kicked(String reason) {
            endSession();
            app.kicked(reason);
        }

        @Override
        public void problem(String what) {
            app.problem(what);
        }

        @Override
        public String newest() {
            return inbox.newest();
        }
    }
}
