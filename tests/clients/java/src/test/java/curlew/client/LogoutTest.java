package curlew.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LogoutTest {
    private final Phone phone = Phone.huawei();

    @Test
    void a_logout_with_unbinding_drops_the_binding_and_gives_the_token_back() {
        phone.inUse();
        phone.client.logout(true);
        phone.clock.settle();
        assertNull(phone.server.bindings.get("lin"));
        assertEquals(1, phone.sdk().givenBack);
        assertTrue(phone.sockets.last().closed);
    }

    @Test
    void a_logout_without_unbinding_keeps_both() {
        phone.inUse();
        phone.client.logout(false);
        phone.clock.settle();
        assertEquals(1, phone.server.count("POST lin/push/logout"));
        assertEquals(Map.of("101234567", "hw-1"), phone.server.bindings.get("lin"));
        assertEquals(0, phone.sdk().givenBack);
        assertTrue(phone.sockets.last().closed);
    }

    @Test
    void nothing_reconnects_or_is_shown_after_a_logout() {
        phone.inUse();
        phone.client.logout(true);
        phone.client.networkAvailable();
        phone.client.appOpened();
        phone.clock.advance(Duration.ofDays(1));
        assertEquals(1, phone.sockets.opened.size());
        assertFalse(phone.client.pushArrived(Map.of("f", "wei", "t", "lin", "m", "01A")));
    }

    @Test
    void an_unbinding_without_network_gives_the_token_back_and_is_repeated() {
        phone.inUse();
        phone.server.unreachable = true;
        phone.client.logout(true);
        phone.clock.advance(Duration.ofMinutes(5));
        assertEquals(1, phone.sdk().givenBack, "the vendor refuses pushes even while the server does not know");
        assertEquals(Map.of("101234567", "hw-1"), phone.server.bindings.get("lin"));
        phone.server.unreachable = false;
        phone.clock.advance(Duration.ofMinutes(10));
        assertNull(phone.server.bindings.get("lin"));
        phone.clock.advance(Duration.ofDays(1));
        assertEquals(1, phone.server.count("POST lin/push/logout"));
    }

    @Test
    void an_unbinding_survives_the_process() {
        phone.inUse();
        phone.server.unreachable = true;
        phone.client.logout(true);
        phone.clock.settle();
        phone.server.unreachable = false;
        phone.start();
        phone.client.registerAfterConsent();
        phone.clock.settle();
        assertNull(phone.server.bindings.get("lin"));
    }

    @Test
    void the_same_user_who_comes_back_is_not_logged_out_afterwards() {
        phone.inUse();
        phone.server.unreachable = true;
        phone.client.logout(true);
        phone.clock.settle();
        phone.server.unreachable = false;
        phone.sdk().token = "hw-2";
        phone.client.login("lin");
        phone.clock.advance(Duration.ofDays(1));
        assertEquals(0, phone.server.count("POST lin/push/logout"));
        assertEquals(Map.of("101234567", "hw-2"), phone.server.bindings.get("lin"));
    }

    @Test
    void another_user_does_not_stop_the_unbinding() {
        phone.inUse();
        phone.server.unreachable = true;
        phone.client.logout(true);
        phone.clock.settle();
        phone.server.unreachable = false;
        phone.sdk().token = "hw-2";
        phone.client.login("ana");
        phone.clock.advance(Duration.ofMinutes(1));
        assertNull(phone.server.bindings.get("lin"));
        assertEquals(Map.of("101234567", "hw-2"), phone.server.bindings.get("ana"));
    }

    @Test
    void the_logouts_of_two_users_are_both_told_to_the_server() {
        phone.inUse();
        phone.server.unreachable = true;
        phone.client.logout(true);
        phone.client.login("ana");
        phone.client.logout(true);
        phone.clock.settle();
        phone.server.unreachable = false;
        phone.client.networkAvailable();
        phone.clock.settle();
        assertEquals(1, phone.server.count("POST lin/push/logout"));
        assertEquals(1, phone.server.count("POST ana/push/logout"));
    }

    @Test
    void a_logout_that_the_server_refuses_is_told_to_the_app_and_ends() {
        phone.inUse();
        phone.server.failWith = 401;
        phone.client.logout(true);
        phone.clock.advance(Duration.ofDays(1));
        assertEquals(1, phone.server.count("POST lin/push/logout"));
        assertTrue(phone.app.problems.toString().contains("the app's server has to log the device out"));
    }

    @Test
    void a_logout_before_any_request_asks_for_a_token() {
        phone.inUse();
        phone.start();
        phone.client.login("lin");
        phone.client.logout(true);
        phone.clock.settle();
        assertEquals(1, phone.server.count("POST lin/push/logout"));
    }

    @Test
    void a_token_that_comes_after_the_logout_is_not_bound() {
        phone.inUse();
        phone.client.logout(true);
        phone.clock.settle();
        phone.sdk().renew("hw-2");
        phone.clock.settle();
        assertNull(phone.server.bindings.get("lin"));
        phone.sdk().token = null;
        phone.client.login("lin");
        phone.clock.settle();
        assertEquals(1, phone.server.count("PUT"), "the vendor has not given another token yet");
        phone.sdk().renew("hw-3");
        phone.clock.settle();
        assertEquals(Map.of("101234567", "hw-3"), phone.server.bindings.get("lin"));
    }
}
