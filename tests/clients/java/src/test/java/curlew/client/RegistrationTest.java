package curlew.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RegistrationTest {
    private final Phone phone = Phone.huawei();

    @Test
    void no_vendor_sdk_starts_before_consent() {
        phone.client.login("lin");
        phone.clock.settle();
        assertEquals(0, phone.sdk().checks + phone.sdk().registrations);
        phone.client.registerAfterConsent();
        phone.clock.settle();
        assertEquals(1, phone.sdk().registrations);
    }

    @Test
    void consent_that_is_told_twice_registers_once() {
        phone.client.registerAfterConsent();
        phone.client.registerAfterConsent();
        phone.clock.settle();
        assertEquals(1, phone.sdk().registrations);
    }

    @Test
    void the_token_is_bound_with_the_certificates_name_after_login() {
        phone.client.registerAfterConsent();
        phone.clock.settle();
        assertEquals(0, phone.server.count("PUT"), "nobody is logged in");
        phone.client.login("lin");
        phone.clock.settle();
        assertEquals(Map.of("lin", Map.of("101234567", "hw-1")), phone.server.bindings);
    }

    @Test
    void a_token_that_comes_after_the_login_is_bound_when_it_comes() {
        phone.sdk().token = null;
        phone.inUse();
        assertEquals(0, phone.server.count("PUT"));
        phone.sdk().renew("hw-late");
        phone.clock.settle();
        assertEquals(Map.of("lin", Map.of("101234567", "hw-late")), phone.server.bindings);
    }

    @Test
    void a_renewed_token_replaces_the_first() {
        phone.inUse();
        phone.sdk().renew("hw-2");
        phone.clock.settle();
        assertEquals(Map.of("101234567", "hw-2"), phone.server.bindings.get("lin"));
    }

    @Test
    void a_bound_token_is_not_uploaded_at_every_start_but_once_a_day() {
        phone.inUse();
        phone.start();
        phone.inUse();
        assertEquals(1, phone.server.count("PUT"));
        phone.clock.advance(TokenUpload.REPEAT);
        phone.start();
        phone.inUse();
        assertEquals(2, phone.server.count("PUT"));
    }

    @Test
    void the_next_user_of_the_phone_gets_the_token() {
        phone.inUse();
        phone.client.login("ana");
        phone.clock.settle();
        assertEquals(Map.of("101234567", "hw-1"), phone.server.bindings.get("ana"));
        assertEquals(Map.of(), phone.server.bindings.get("lin"));
    }

    @Test
    void an_upload_without_network_is_repeated_with_growing_delays_until_it_succeeds() {
        phone.server.unreachable = true;
        phone.client.registerAfterConsent();
        phone.client.login("lin");
        phone.clock.advance(Duration.ofMinutes(5));
        assertTrue(phone.server.bindings.isEmpty());
        phone.server.unreachable = false;
        phone.clock.advance(Duration.ofMinutes(10));
        assertEquals(Map.of("101234567", "hw-1"), phone.server.bindings.get("lin"));
        phone.clock.advance(Duration.ofHours(2));
        assertEquals(1, phone.server.count("PUT"), "it ends with the success");
    }

    @Test
    void only_the_newest_token_of_a_waiting_upload_is_sent() {
        phone.server.unreachable = true;
        phone.client.registerAfterConsent();
        phone.client.login("lin");
        phone.clock.settle();
        phone.sdk().renew("hw-2");
        phone.server.unreachable = false;
        phone.clock.advance(Duration.ofMinutes(10));
        assertEquals(Map.of("101234567", "hw-2"), phone.server.bindings.get("lin"));
        assertEquals(1, phone.server.count("PUT"));
    }

    @Test
    void the_server_says_how_long_an_upload_waits() {
        phone.server.failWith = 429;
        phone.server.retryAfterSeconds = 3_000;
        phone.client.registerAfterConsent();
        phone.client.login("lin");
        phone.clock.advance(Duration.ofSeconds(2_999));
        assertEquals(1, phone.server.count("PUT"));
        phone.clock.advance(Duration.ofSeconds(1));
        assertEquals(2, phone.server.count("PUT"));
    }

    @Test
    void a_refused_upload_is_told_to_the_app_and_not_repeated() {
        phone.server.failWith = 400;
        phone.client.registerAfterConsent();
        phone.client.login("lin");
        phone.clock.advance(Duration.ofHours(1));
        assertEquals(1, phone.server.count("PUT"));
        assertTrue(phone.app.problems.contains("binding: 400 as the test said"), phone.app.problems.toString());
    }

    @Test
    void a_refused_user_token_is_replaced_and_the_upload_repeated() {
        phone.server.revoked.add("token-lin-1");
        phone.client.registerAfterConsent();
        phone.client.login("lin");
        phone.clock.settle();
        assertEquals(Map.of("101234567", "hw-1"), phone.server.bindings.get("lin"));
    }

    @Test
    void a_vendor_that_gives_no_token_is_asked_again_later() {
        phone.sdk().failure = "907135000";
        phone.inUse();
        assertEquals(1, phone.sdk().registrations);
        phone.sdk().failure = null;
        phone.clock.advance(Duration.ofSeconds(7));
        assertEquals(2, phone.sdk().registrations);
        assertEquals(Map.of("101234567", "hw-1"), phone.server.bindings.get("lin"));
    }

    @Test
    void the_configuration_reaches_the_vendors_sdk() {
        phone.inUse();
        assertEquals(Map.of("app_id", "101234567"), phone.sdk().registeredAs.keys());
    }

    @Test
    void tokens_are_told_to_nobody_but_the_server() {
        phone.server.failWith = 500;
        phone.inUse();
        phone.clock.advance(Duration.ofMinutes(1));
        assertFalse(phone.app.problems.isEmpty());
        assertFalse(phone.app.problems.toString().contains("hw-1"));
        assertFalse(phone.app.problems.toString().contains("token-lin"));
    }
}
