package curlew.client;

import com.google.gson.JsonObject;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;

/** WebSockets whose other end is the test. */
final class FakeSockets implements Sockets {
    final List<FakeSocket> opened = new ArrayList<>();

    @Override
    public Socket open(URI address, Listener listener) {
        FakeSocket socket = new FakeSocket(address, listener);
        opened.add(socket);
        return socket;
    }

    FakeSocket last() {
        return opened.get(opened.size() - 1);
    }

    static final class FakeSocket implements Socket {
        final URI address;
        final Listener client;
        final List<String> sent = new ArrayList<>();
        boolean closed;

        FakeSocket(URI address, Listener client) {
            this.address = address;
            this.client = client;
        }

        @Override
        public void send(String text) {
            sent.add(text);
        }

        @Override
        public void close() {
            closed = true;
        }

        void message(String id) {
            JsonObject frame = new JsonObject();
            frame.addProperty("kind", "message");
            frame.add("message", FakeServer.message(id));
            client.text(frame.toString());
        }
    }
}
