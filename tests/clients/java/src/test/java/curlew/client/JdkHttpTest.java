package curlew.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class JdkHttpTest {
    private final JdkHttp http = new JdkHttp();
    private HttpServer server;
    private String url;
    private String arrived;
    private int status = 200;
    private String retryAfter;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
        url = "http://127.0.0.1:" + server.getAddress().getPort();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        arrived = exchange.getRequestMethod() + " " + exchange.getRequestURI() + " "
                + exchange.getRequestHeaders().getFirst("Authorization") + " " + body;
        if (retryAfter != null) {
            exchange.getResponseHeaders().set("Retry-After", retryAfter);
        }
        byte[] answer = "{\"哈\":1}".getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, answer.length);
        exchange.getResponseBody().write(answer);
        exchange.close();
    }

    @Test
    void a_request_arrives_as_it_was_made() throws IOException {
        Http.Response answer = http.send("PUT", url + "/a?b=c%2F", "secret", "{\"name\":\"林\"}");
        assertEquals("PUT /a?b=c%2F Bearer secret {\"name\":\"林\"}", arrived);
        assertEquals(new Http.Response(200, "{\"哈\":1}", 0), answer);
    }

    @Test
    void a_refusal_is_an_answer_with_its_delay() throws IOException {
        status = 429;
        retryAfter = "7";
        assertEquals(new Http.Response(429, "{\"哈\":1}", 7), http.send("GET", url, "secret", null));
    }

    @Test
    void a_delay_that_is_no_number_counts_as_none() throws IOException {
        status = 503;
        retryAfter = "Wed, 21 Oct 2026 07:28:00 GMT";
        assertEquals(0, http.send("GET", url, "secret", null).retryAfterSeconds());
    }

    @Test
    void no_server_is_no_answer() {
        server.stop(0);
        assertThrows(IOException.class, () -> http.send("GET", url, "secret", null));
    }
}
