package curlew.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BackgroundTest {
    @Test
    void where_a_vendor_serves_the_background_has_no_connection() {
        Phone phone = Phone.huawei().inUse();
        phone.client.appInBackground();
        phone.clock.advance(Duration.ofHours(1));
        assertTrue(phone.sockets.last().closed);
        assertEquals(1, phone.sockets.opened.size());
        phone.client.appOpened();
        phone.clock.settle();
        assertEquals(2, phone.sockets.opened.size());
    }

    @Test
    void where_no_vendor_serves_the_connection_is_kept_alive_in_the_background() {
        Phone phone = Phone.plain().inUse();
        assertEquals(Optional.empty(), phone.client.vendor());
        phone.client.appInBackground();
        phone.clock.advance(Duration.ofMinutes(9));
        assertFalse(phone.sockets.last().closed);
        assertEquals(1, phone.sockets.last().sent.size(), "it pings");
        phone.sockets.last().client.closed(0);
        phone.clock.advance(Duration.ofSeconds(61));
        assertEquals(2, phone.sockets.opened.size());
    }

    @Test
    void the_connection_is_kept_until_the_token_is_bound() {
        Phone phone = Phone.huawei();
        phone.sdk().token = null;
        phone.inUse();
        phone.client.appInBackground();
        phone.clock.advance(Duration.ofMinutes(1));
        assertFalse(phone.sockets.last().closed);
        phone.sdk().renew("hw-late");
        phone.clock.settle();
        assertTrue(phone.sockets.last().closed);
    }

    @Test
    void a_vendor_whose_certificate_the_server_refuses_leaves_the_connection() {
        Phone phone = Phone.huawei();
        phone.server.failWith = 400;
        phone.inUse();
        phone.client.appInBackground();
        phone.clock.settle();
        assertFalse(phone.sockets.last().closed);
    }
}
