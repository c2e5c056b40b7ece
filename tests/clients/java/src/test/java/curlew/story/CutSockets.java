package curlew.story;

import curlew.client.JdkSockets;
import curlew.client.Sockets;
import java.net.URI;

/** Real WebSockets over a network that can fail silently: nothing arrives any more, and neither end is told. */
final class CutSockets implements Sockets {
    private final Sockets real = new JdkSockets();
    private volatile boolean cut;

    /** From now on nothing passes; a connection that is opened later is not affected. */
    void cut() {
        cut = true;
    }

    @Override
    public Socket open(URI address, Listener listener) {
        cut = false;
        return new Cut(real.open(address, new Heard(listener)));
    }

    private final class Cut implements Socket {
        private final Socket socket;

        Cut(Socket socket) {
            this.socket = socket;
        }

        @Override
        public void send(String text) {
            if (!cut) {
                socket.send(text);
            }
        }

        @Override
        public void close() {
            socket.close();
        }
    }

    private final class Heard implements Listener {
        private final Listener client;

        Heard(Listener client) {
            this.client = client;
        }

        @Override
        public void opened() {
            client.opened();
        }

        @Override
        public void text(String text) {
            if (!cut) {
                client.text(text);
            }
        }

        @Override
        public void closed(int status) {
            if (!cut) {
                client.closed(status);
            }
        }
    }
}
