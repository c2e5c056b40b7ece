package curlew.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ClickTest {
    private final Phone phone = Phone.huawei();

    private static Map<String, String> push(String id) {
        return Map.of("f", "wei", "t", "lin", "m", id);
    }

    private String click(String id) {
        return "lin " + id + " " + phone.storage.get("device_id");
    }

    @Test
    void a_tap_is_reported_with_message_and_device() {
        phone.inUse();
        phone.client.pushTapped(push("01A"));
        phone.client.pushTapped(Map.of("f", "wei", "g", "g1", "m", "01B"));
        phone.clock.settle();
        assertEquals(List.of(click("01A"), click("01B")), phone.server.clicked);
        assertFalse(phone.client.pushArrived(push("01A")), "who opened it needs no second notification");
    }

    @Test
    void a_tap_that_starts_the_process_is_reported_after_the_login() {
        phone.inUse();
        phone.start();
        phone.client.pushTapped(push("01A"));
        phone.clock.settle();
        assertEquals(List.of(), phone.server.clicked);
        phone.client.login("lin");
        phone.clock.settle();
        assertEquals(List.of(click("01A")), phone.server.clicked);
    }

    @Test
    void a_tap_without_network_is_reported_once_there_is_one() {
        phone.inUse();
        phone.server.unreachable = true;
        phone.client.pushTapped(push("01A"));
        phone.client.pushTapped(push("01B"));
        phone.client.pushTapped(push("01A"));
        phone.clock.settle();
        phone.server.unreachable = false;
        phone.client.networkAvailable();
        phone.clock.settle();
        assertEquals(List.of(click("01A"), click("01B")), phone.server.clicked);
        phone.clock.advance(Duration.ofDays(1));
        assertEquals(2, phone.server.clicked.size());
    }

    @Test
    void a_report_that_the_server_refuses_holds_up_no_other() {
        phone.inUse();
        phone.server.failWith = 400;
        phone.client.pushTapped(push("01A"));
        phone.clock.settle();
        assertTrue(phone.app.problems.toString().contains("click: "), phone.app.problems.toString());
        phone.server.failWith = 0;
        phone.client.pushTapped(push("01B"));
        phone.clock.settle();
        assertEquals(List.of(click("01B")), phone.server.clicked);
    }

    @Test
    void taps_of_somebody_else_and_after_a_logout_are_not_reported() {
        phone.inUse();
        phone.client.pushTapped(Map.of("f", "wei", "t", "ana", "m", "01A"));
        phone.server.unreachable = true;
        phone.client.pushTapped(push("01B"));
        phone.clock.settle();
        phone.client.logout(false);
        phone.clock.settle();
        phone.server.unreachable = false;
        phone.client.pushTapped(push("01C"));
        phone.client.login("ana");
        phone.clock.advance(Duration.ofDays(1));
        assertEquals(List.of(), phone.server.clicked);
    }

    @Test
    void the_memory_of_taps_is_bounded() {
        phone.inUse();
        phone.server.unreachable = true;
        for (int number = 0; number <= ClickReports.MAX; number++) {
            phone.client.pushTapped(push("m" + number));
        }
        phone.clock.settle();
        phone.server.unreachable = false;
        phone.client.networkAvailable();
        phone.clock.settle();
        assertEquals(ClickReports.MAX, phone.server.clicked.size());
        assertEquals(click("m1"), phone.server.clicked.get(0));
    }
}
