package curlew.client;

import com.google.gson.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Acknowledgements that go over the connection, several in a frame: a page of messages must not become a hundred frames,
 * because the server ignores what is above its rate.
 */
final class SocketAcks {
    static final Duration DELAY = Duration.ofMillis(200);
    /** The server takes so many ids at a time. */
    static final int MAX = 100;

    private final Scheduler scheduler;
    private final Consumer<String> send;
    private final List<String> ids = new ArrayList<>();
    private Scheduler.Timer timer = () -> {};

    SocketAcks(Scheduler scheduler, Consumer<String> send) {
        this.scheduler = scheduler;
        this.send = send;
    }

    void add(String id) {
        if (ids.isEmpty()) {
            timer = scheduler.after(DELAY, this::flush);
        }
        ids.add(id);
        if (ids.size() == MAX) {
            flush();
        }
    }

    /** The connection is gone: these messages come again, and are acknowledged then. */
    void drop() {
        timer.cancel();
        ids.clear();
    }

    private void flush() {
        JsonObject frame = Json.ids(ids);
        frame.addProperty("action", "ack");
        drop();
        send.accept(frame.toString());
    }
}
