package curlew.client;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.util.Set;

/** Keeps one WebSocket to the server open: reconnects, keeps it alive, and ends when the server says so. */
final class LiveConnection {

    /** Why the server ends a connection whose user stays logged in. */
    private static final Set<String> TOKEN_REASONS = Set.of("token expired", "token revoked");

    private final PushConfig config;
    private final String deviceId;
    private final Sockets sockets;
    private final Scheduler scheduler;
    private final Backoff backoff;
    private final KeepAlive keepAlive;
    private final SocketAcks acks;
    private final ConnectionListener listener;
    private UserSession session;
    private UserToken token;
    private Sockets.Socket socket;
    private boolean open;
    /** The server refused a token, and no connection was open since. */
    private boolean refused;
    private Scheduler.Timer attempt = () -> {};
    private Scheduler.Timer renewal = () -> {};
    /** Names the current socket. What an older one still reports is ignored. */
    private int generation;

    LiveConnection(
            PushConfig config,
            String deviceId,
            Sockets sockets,
            Scheduler scheduler,
            Backoff backoff,
            ConnectionListener listener) {
        this.config = config;
        this.deviceId = deviceId;
        this.sockets = sockets;
        this.scheduler = scheduler;
        this.backoff = backoff;
        this.listener = listener;
        keepAlive = new KeepAlive(scheduler, () -> socket.send("{\"action\":\"ping\"}"), this::later);
        acks = new SocketAcks(scheduler, frame -> socket.send(frame));
    }

    /** Connects, unless a connection is open, under way or planned. */
    void start(UserSession session) {
        boolean stopped = this.session == null;
        this.session = session;
        if (stopped) {
            backoff.reset();
            connect();
        }
    }

    /** Closes it, and stays away. */
    void stop() {
        session = null;
        drop();
    }

    /** Finds out at once whether the connection is still there, and does not wait with the next attempt. */
    void check() {
        if (open) {
            keepAlive.ping();
        } else if (session != null && socket == null) {
            backoff.reset();
            connect();
        }
    }

    private void drop() {
        generation++;
        open = false;
        attempt.cancel();
        renewal.cancel();
        keepAlive.stop();
        acks.drop();
        if (socket != null) {
            socket.close();
            socket = null;
        }
    }

    private void connect() {
        drop();
        try {
            token = session.token();
            socket = sockets.open(URI.create(address()), new Events(generation));
            keepAlive.expect(KeepAlive.PONG);
        } catch (IOException | RuntimeException noToken) {
            listener.problem("the live connection got no user token");
            later();
        }
    }

    private String address() {
        String since = listener.newest();
        return config.websocketUrl()
                + "/?org=" + Api.encoded(config.org())
                + "&app=" + Api.encoded(config.app())
                + "&device_id=" + Api.encoded(deviceId)
                + "&token=" + Api.encoded(token.value())
                + (since == null ? "" : "&since=" + Api.encoded(since));
    }

    private void later() {
        drop();
        attempt = scheduler.after(backoff.next(), this::connect);
    }

    private void onOpened() {
        open = true;
        keepAlive.alive();
        refused = false;
        renewal = scheduler.after(session.untilRenewal(), this::connect);
        listener.opened();
    }

    private void onClosed(int status) {
        boolean wasOpen = open;
        if (status == 401 && !refused) {
            refused = true;
            session.refused(token);
            connect();
            return;
        }
        later();
        if (!wasOpen) {
            listener.unreachable();
        }
    }

    private void onFrame(String text) {
        keepAlive.alive();
        backoff.reset();
        JsonObject frame = Json.parse(text);
        switch (Json.text(frame, "kind")) {
            case "message", "push" -> Received.read(frame.get("message")).ifPresent(this::onReceived);
            case "kicked" -> onKicked(Json.text(frame, "reason"));
            case "error" -> onError(Json.text(frame, "code"), Json.text(frame, "message"));
            // A pong only proves that the connection is open; newer servers may send frames that this client does not know.
            default -> {}
        }
    }

    private void onKicked(String reason) {
        if (TOKEN_REASONS.contains(reason)) {
            onTokenEnded();
        } else {
            stop();
            listener.kicked(reason);
        }
    }

    private void onError(String code, String text) {
        switch (code) {
            case "too_many_frames", "unavailable" -> listener.frameLost();
            case "token_expired", "token_revoked" -> onTokenEnded();
            case "not_connected" -> later();
            default -> listener.problem("the live connection was refused a frame: " + text);
        }
    }

    /** Another token opens the connection again, after a delay: many phones may have been told at once. */
    private void onTokenEnded() {
        session.refused(token);
        later();
    }

    private void onReceived(Received received) {
        if (listener.received(received)) {
            acks.add(received.id());
        }
    }

    /** Brings the reports of one socket to the client's thread, as long as it is the current one. */
    private final class Events implements Sockets.Listener {
        private final int mine;

        Events(int mine) {
            this.mine = mine;
        }

        @Override
        public void opened() {
            ifCurrent(LiveConnection.this::onOpened);
        }

        @Override
        public void text(String text) {
            ifCurrent(() -> onFrame(text));
        }

        @Override
        public void closed(int status) {
            ifCurrent(() -> onClosed(status));
        }

        private void ifCurrent(Runnable event) {
            scheduler.run(() -> {
                if (mine == generation) {
                    event.run();
                }
            });
        }
    }
}
