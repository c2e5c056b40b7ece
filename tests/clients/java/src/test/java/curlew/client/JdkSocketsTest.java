package curlew.client;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class JdkSocketsTest implements Sockets.Listener {
    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private SocketServer server;
    private Sockets.Socket socket;

    @BeforeEach
    void listen() throws IOException {
        server = new SocketServer();
        socket = new JdkSockets().open(server.address(), this);
    }

    @AfterEach
    void end() throws IOException {
        server.close();
    }

    @Override
    public void opened() {
        heard.add("opened");
    }

    @Override
    public void text(String text) {
        heard.add(text);
    }

    @Override
    public void closed(int status) {
        heard.add("closed " + status);
    }

    private String next() throws InterruptedException {
        return heard.poll(10, TimeUnit.SECONDS);
    }

    @Test
    void a_frame_in_parts_is_put_together() throws Exception {
        server.accept(101);
        assertEquals("opened", next());
        server.send(SocketServer.TEXT, "{\"kind\":");
        server.send(SocketServer.REST, "\"po");
        server.send(SocketServer.REST | SocketServer.LAST, "ng\"}");
        server.send(SocketServer.TEXT | SocketServer.LAST, "second");
        assertEquals("{\"kind\":\"pong\"}", next());
        assertEquals("second", next());
    }

    @Test
    void frames_leave_in_order_also_those_from_before_the_opening() throws Exception {
        socket.send("1");
        socket.send("2");
        server.accept(101);
        socket.send("3");
        assertEquals("1", server.read());
        assertEquals("2", server.read());
        assertEquals("3", server.read());
    }

    @Test
    void a_close_says_goodbye_behind_what_was_sent() throws Exception {
        server.accept(101);
        socket.send("ack");
        socket.close();
        assertEquals("ack", server.read());
        assertEquals("closed", server.read());
    }

    @Test
    void a_refused_opening_tells_its_status() throws Exception {
        server.accept(401);
        assertEquals("closed 401", next());
    }

    @Test
    void a_connection_that_breaks_is_told() throws Exception {
        server.accept(101);
        assertEquals("opened", next());
        server.cut();
        assertEquals("closed 0", next());
    }

    @Test
    void no_server_is_told() throws Exception {
        server.close();
        assertEquals("closed 0", next());
    }

    @Test
    void a_frame_above_every_limit_ends_the_connection() throws Exception {
        server.accept(101);
        assertEquals("opened", next());
        String part = "x".repeat(100_000);
        server.send(SocketServer.TEXT, part);
        server.send(SocketServer.REST, part);
        assertEquals("closed 0", next());
    }
}
