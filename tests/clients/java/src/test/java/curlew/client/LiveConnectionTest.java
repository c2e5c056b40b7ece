package curlew.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LiveConnectionTest {
    private final Phone phone = Phone.huawei();

    private FakeSockets.FakeSocket socket() {
        return phone.sockets.last();
    }

    /** Cuts the connection, and says how long the client waited before it tried again. */
    private Duration loseAndComeBack() {
        int before = phone.sockets.opened.size();
        socket().client.closed(0);
        phone.clock.settle();
        Duration waited = Duration.ZERO;
        while (phone.sockets.opened.size() == before) {
            Duration step = phone.clock.untilNext();
            waited = waited.plus(step);
            phone.clock.advance(step);
        }
        return waited;
    }

    @Test
    void the_address_names_app_device_and_user_token() {
        phone.inUse();
        assertEquals(
                "ws://live/?org=acme&app=chat&device_id=" + phone.storage.get("device_id") + "&token=token-lin-1",
                socket().address.toString());
    }

    @Test
    void a_reconnect_says_what_the_app_has() {
        phone.inUse();
        socket().message("01A");
        phone.clock.settle();
        socket().client.closed(0);
        phone.clock.advance(Duration.ofSeconds(61));
        assertEquals(2, phone.sockets.opened.size());
        assertTrue(socket().address.toString().endsWith("&since=01A"));
    }

    @Test
    void a_lost_connection_comes_back_with_growing_delays_and_up_to_a_minute_of_jitter() {
        phone.inUse();
        List<Duration> delays = new ArrayList<>();
        for (int attempt = 0; attempt < 12; attempt++) {
            delays.add(loseAndComeBack());
        }
        for (int attempt = 0; attempt < delays.size(); attempt++) {
            long least = Math.min(1L << attempt, 300);
            long seconds = delays.get(attempt).toSeconds();
            assertTrue(least <= seconds && seconds <= least + 60, attempt + ": " + delays);
        }
        assertNotEquals(
                delays.get(10).minus(delays.get(11)), Duration.ZERO, "two delays at the limit differ by their jitter");
    }

    @Test
    void a_connection_that_worked_starts_the_delays_anew() {
        phone.inUse();
        for (int attempt = 0; attempt < 8; attempt++) {
            loseAndComeBack();
        }
        socket().client.opened();
        socket().client.text("{\"kind\":\"pong\"}");
        phone.clock.settle();
        assertTrue(loseAndComeBack().toSeconds() <= 61);
    }

    @Test
    void an_idle_connection_pings_after_nine_minutes() {
        phone.inUse();
        phone.clock.advance(Duration.ofMinutes(9).minusMillis(1));
        assertEquals(List.of(), socket().sent);
        phone.clock.advance(Duration.ofMillis(1));
        assertEquals(List.of("{\"action\":\"ping\"}"), socket().sent);
        socket().client.text("{\"kind\":\"pong\"}");
        phone.clock.advance(Duration.ofMinutes(9).minusMillis(1));
        assertEquals(1, socket().sent.size());
        assertEquals(1, phone.sockets.opened.size());
    }

    @Test
    void a_message_puts_the_ping_off() {
        phone.inUse();
        phone.clock.advance(Duration.ofMinutes(8));
        socket().message("01A");
        phone.clock.advance(Duration.ofMinutes(8));
        assertFalse(socket().sent.contains("{\"action\":\"ping\"}"));
    }

    @Test
    void a_ping_without_an_answer_ends_the_connection() {
        phone.inUse();
        FakeSockets.FakeSocket silent = socket();
        phone.clock.advance(Duration.ofMinutes(9).plusSeconds(30));
        assertTrue(silent.closed);
        phone.clock.advance(Duration.ofSeconds(61));
        assertEquals(2, phone.sockets.opened.size());
    }

    @Test
    void another_network_is_checked_at_once() {
        phone.inUse();
        phone.client.networkAvailable();
        phone.clock.settle();
        assertEquals(List.of("{\"action\":\"ping\"}"), socket().sent);
    }

    @Test
    void a_network_that_comes_back_ends_the_waiting() {
        phone.inUse();
        socket().client.closed(0);
        phone.clock.settle();
        phone.client.networkAvailable();
        phone.clock.settle();
        assertEquals(2, phone.sockets.opened.size());
    }

    @Test
    void an_attempt_that_hangs_is_given_up() {
        phone.client.registerAfterConsent();
        phone.client.login("lin");
        phone.client.appOpened();
        phone.clock.advance(KeepAlive.PONG.plusSeconds(61));
        assertEquals(2, phone.sockets.opened.size());
        assertTrue(phone.sockets.opened.get(0).closed);
    }

    @Test
    void a_kick_ends_reconnecting_until_the_next_login() {
        phone.inUse();
        socket().client.text("{\"kind\":\"kicked\",\"reason\":\"superseded\"}");
        phone.clock.settle();
        socket().client.closed(0);
        phone.clock.advance(Duration.ofDays(1));
        phone.client.networkAvailable();
        phone.client.appOpened();
        phone.clock.advance(Duration.ofDays(1));
        assertEquals(List.of("superseded"), phone.app.kicks);
        assertEquals(1, phone.sockets.opened.size());
        phone.client.login("lin");
        phone.clock.settle();
        assertEquals(2, phone.sockets.opened.size());
    }

    @Test
    void a_token_that_the_server_ended_is_replaced_after_a_delay() {
        for (String reason : List.of("token expired", "token revoked")) {
            Phone one = Phone.huawei().inUse();
            one.sockets.last().client.text("{\"kind\":\"kicked\",\"reason\":\"" + reason + "\"}");
            one.clock.settle();
            assertEquals(1, one.sockets.opened.size(), reason);
            one.clock.advance(Duration.ofSeconds(61));
            assertTrue(one.sockets.last().address.toString().contains("token=token-lin-2"), reason);
            assertEquals(List.of(), one.app.kicks);
        }
    }

    @Test
    void what_a_former_socket_says_counts_no_more() {
        phone.inUse();
        FakeSockets.FakeSocket former = socket();
        former.client.closed(0);
        phone.clock.advance(Duration.ofSeconds(61));
        socket().client.opened();
        former.client.text("{\"kind\":\"kicked\",\"reason\":\"superseded\"}");
        former.client.closed(0);
        phone.clock.advance(Duration.ofMinutes(5));
        assertEquals(List.of(), phone.app.kicks);
        assertEquals(2, phone.sockets.opened.size());
        assertFalse(socket().closed);
    }

    @Test
    void a_refused_token_is_replaced_once_without_waiting() {
        phone.inUse();
        socket().client.closed(0);
        phone.clock.advance(Duration.ofSeconds(61));
        socket().client.closed(401);
        phone.clock.settle();
        assertTrue(socket().address.toString().contains("token=token-lin-2"));
        int attempts = phone.sockets.opened.size();
        socket().client.closed(401);
        phone.clock.advance(Duration.ofMillis(500));
        assertEquals(attempts, phone.sockets.opened.size(), "a second refusal waits");
    }

    @Test
    void a_token_that_is_about_to_end_is_replaced_with_the_connection() {
        phone.app.tokensExpireAt = phone.clock.now() + Duration.ofHours(1).toMillis();
        phone.inUse();
        phone.app.tokensExpireAt += Duration.ofHours(1).toMillis();
        FakeSockets.FakeSocket first = socket();
        for (int minute = 0; minute < 58; minute++) {
            first.client.text("{\"kind\":\"pong\"}");
            phone.clock.advance(Duration.ofMinutes(1));
        }
        assertFalse(first.closed);
        phone.clock.advance(Duration.ofMinutes(1));
        assertTrue(first.closed);
        assertTrue(socket().address.toString().contains("token=token-lin-2"));
    }

    @Test
    void an_app_server_that_is_down_is_asked_again() {
        phone.app.serverIsDown = true;
        phone.client.login("lin");
        phone.clock.settle();
        assertEquals(0, phone.sockets.opened.size());
        phone.app.serverIsDown = false;
        phone.clock.advance(Duration.ofMinutes(2));
        assertEquals(1, phone.sockets.opened.size());
    }

    @Test
    void an_app_whose_code_fails_is_asked_again() {
        phone.app.hasBug = true;
        phone.client.registerAfterConsent();
        phone.client.login("lin");
        phone.client.appOpened();
        phone.clock.settle();
        assertEquals(0, phone.sockets.opened.size());
        phone.app.hasBug = false;
        phone.clock.advance(Duration.ofMinutes(2));
        assertFalse(phone.sockets.opened.isEmpty());
        assertEquals(1, phone.server.count("PUT"));
    }

    @Test
    void frames_of_newer_servers_and_broken_ones_harm_nothing() {
        phone.inUse();
        for (String frame : List.of(
                "{\"kind\":\"weather\"}", "[]", "hello", "", "{\"kind\":\"message\"}", "{\"kind\":\"message\",\"message\":{}}",
                "{\"kind\":{}}", "{\"kind\":\"message\",\"message\":{\"msg_id\":\"01A\",\"body\":7,\"timestamp\":\"x\"}}")) {
            socket().client.text(frame);
        }
        phone.clock.settle();
        assertEquals(List.of("01A"), phone.app.taken);
        assertFalse(socket().closed);
    }

    @Test
    void an_acknowledgement_that_the_server_did_not_take_is_said_again() {
        for (String code : List.of("too_many_frames", "unavailable")) {
            Phone one = Phone.huawei().inUse();
            one.server.waiting.add("01A");
            one.sockets.last().message("01A");
            one.sockets.last().client.text("{\"kind\":\"error\",\"code\":\"" + code + "\",\"message\":\"later\"}");
            one.clock.settle();
            assertEquals(Set.of(), one.server.waiting, code);
            assertEquals(List.of("01A"), one.app.taken);
        }
    }

    @Test
    void a_connection_that_the_server_does_not_know_is_opened_again() {
        for (String code : List.of("not_connected", "token_expired", "token_revoked")) {
            Phone one = Phone.huawei().inUse();
            one.sockets.last().client.text("{\"kind\":\"error\",\"code\":\"" + code + "\",\"message\":\"..\"}");
            one.clock.advance(Duration.ofSeconds(61));
            assertEquals(2, one.sockets.opened.size(), code);
            assertEquals(code.startsWith("token"), one.sockets.last().address.toString().contains("token-lin-2"));
        }
    }

    @Test
    void a_page_of_messages_is_acknowledged_in_few_frames() {
        phone.inUse();
        for (int number = 100; number < 250; number++) {
            socket().message("01" + number);
        }
        phone.clock.advance(SocketAcks.DELAY);
        assertEquals(2, socket().sent.size());
        assertTrue(socket().sent.get(0).startsWith("{\"msg_ids\":[\"01100\",\"01101\","));
        assertTrue(socket().sent.get(1).endsWith("\"01249\"],\"action\":\"ack\"}"));
    }

    @Test
    void what_was_not_acknowledged_before_the_connection_ended_is_not_sent_on_the_next() {
        phone.inUse();
        socket().message("01A");
        socket().client.closed(0);
        phone.clock.advance(Duration.ofSeconds(61));
        socket().client.opened();
        phone.clock.advance(Duration.ofSeconds(1));
        assertEquals(List.of(), socket().sent);
    }

    @Test
    void an_error_is_told_to_the_app() {
        phone.inUse();
        socket().client.text("{\"kind\":\"error\",\"code\":\"bad_frame\",\"message\":\"the frame is no JSON\"}");
        phone.clock.settle();
        assertEquals(List.of("the live connection was refused a frame: the frame is no JSON"), phone.app.problems);
    }
}
