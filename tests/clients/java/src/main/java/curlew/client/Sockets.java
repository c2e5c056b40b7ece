package curlew.client;

import java.net.URI;

/** Opens WebSockets. On Android, wrap OkHttp: {@code java.net.http} is not there. */
public interface Sockets {
    /** Begins to open a connection; its listener hears what becomes of it. Does not wait. */
    Socket open(URI address, Listener listener);

    /** A connection. */
    interface Socket {
        void send(String text);

        /** Closes it. The listener may hear of it or not. */
        void close();
    }

    /** What happens to one connection, on any thread. */
    interface Listener {
        void opened();

        /** A whole text frame. */
        void text(String text);

        /**
         * The connection ended or was not opened.
         *
         * @param status HTTP status of a refused opening, for example 401; else 0
         */
        void closed(int status);
    }
}
