package curlew.client;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** {@link Sockets} by the JDK. */
public final class JdkSockets implements Sockets {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    /** Characters of a frame: API Gateway's frames have at most 128 KB. */
    private static final int MAX_FRAME = 128 * 1024;

    private final HttpClient client = HttpClient.newBuilder().connectTimeout(TIMEOUT).build();

    @Override
    public Socket open(URI address, Listener listener) {
        CompletableFuture<WebSocket> opening =
                client.newWebSocketBuilder().connectTimeout(TIMEOUT).buildAsync(address, new Frames(listener));
        opening.whenComplete((socket, problem) -> {
            if (problem != null) {
                listener.closed(status(problem));
            }
        });
        return new Connection(opening);
    }

    private static int status(Throwable problem) {
        Throwable cause = problem.getCause() == null ? problem : problem.getCause();
        return cause instanceof WebSocketHandshakeException refused ? refused.getResponse().statusCode() : 0;
    }

    /** Sends in order: the JDK refuses a second frame while the first is on its way. */
    private static final class Connection implements Socket {
        private final CompletableFuture<WebSocket> opening;
        private CompletableFuture<WebSocket> last;

        Connection(CompletableFuture<WebSocket> opening) {
            this.opening = opening;
            this.last = opening;
        }

        @Override
        public synchronized void send(String text) {
            last = last.thenCompose(socket -> socket.sendText(text, true));
        }

        /** Says goodbye behind what is on its way, then ends the connection without waiting for the answer. */
        @Override
        public synchronized void close() {
            last.thenCompose(socket -> socket.sendClose(WebSocket.NORMAL_CLOSURE, ""))
                    .whenComplete((sent, problem) -> opening.thenAccept(WebSocket::abort));
        }
    }

    /** Puts frames together that came in parts. */
    private static final class Frames implements WebSocket.Listener {
        private final Listener listener;
        private final StringBuilder parts = new StringBuilder();

        Frames(Listener listener) {
            this.listener = listener;
        }

        @Override
        public void onOpen(WebSocket socket) {
            listener.opened();
            socket.request(1);
        }

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            parts.append(data);
            if (parts.length() > MAX_FRAME) {
                socket.abort();
                listener.closed(0);
                return null;
            }
            if (last) {
                listener.text(parts.toString());
                parts.setLength(0);
            }
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            listener.closed(0);
            return null;
        }

        @Override
        public void onError(WebSocket socket, Throwable problem) {
            listener.closed(0);
        }
    }
}
