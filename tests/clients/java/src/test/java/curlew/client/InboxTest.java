package curlew.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class InboxTest {
    private final Phone phone = Phone.huawei();

    private static Map<String, String> push(String id) {
        return Map.of("f", "wei", "t", "lin", "m", id);
    }

    @Test
    void coming_back_pulls_what_was_missed_in_order_and_acknowledges_it() {
        phone.server.waiting.addAll(List.of("01C", "01A", "01B"));
        phone.inUse();
        assertEquals(List.of("01A", "01B", "01C"), phone.app.taken);
        assertEquals(Set.of(), phone.server.waiting);
    }

    @Test
    void every_page_is_acknowledged_before_the_next_is_asked_for() {
        phone.server.pageSize = 2;
        phone.server.waiting.addAll(List.of("01A", "01B", "01C"));
        phone.inUse();
        assertEquals(
                List.of(
                        "GET lin/offline_messages?limit=100",
                        "POST lin/offline_messages/ack",
                        "GET lin/offline_messages?limit=100&cursor=01B",
                        "POST lin/offline_messages/ack"),
                phone.server.requests.stream().filter(it -> it.contains("offline")).toList());
    }

    @Test
    void a_message_that_the_app_does_not_take_is_not_acknowledged_and_comes_again() {
        phone.app.refused.add("01B");
        phone.server.waiting.addAll(List.of("01A", "01B", "01C"));
        phone.inUse();
        assertEquals(List.of("01A", "01C"), phone.app.taken);
        assertEquals(Set.of("01B"), phone.server.waiting);
        phone.app.refused.clear();
        phone.sockets.last().client.closed(0);
        phone.clock.advance(Duration.ofSeconds(61));
        phone.sockets.last().client.opened();
        phone.clock.settle();
        assertEquals(List.of("01A", "01C", "01B"), phone.app.taken);
        assertEquals(Set.of(), phone.server.waiting);
    }

    @Test
    void a_message_stored_late_with_a_lower_id_is_not_acknowledged_unseen() {
        phone.server.waiting.addAll(List.of("01B", "01C"));
        phone.server.afterPage = () -> phone.server.waiting.add("01A");
        phone.inUse();
        assertEquals(Set.of("01A"), phone.server.waiting);
    }

    @Test
    void a_lost_acknowledgement_is_said_again_and_nothing_is_handed_over_twice() {
        phone.server.waiting.addAll(List.of("01A", "01B"));
        phone.server.loseAckAnswer = true;
        phone.inUse();
        phone.server.waiting.addAll(List.of("01A", "01B"));
        phone.clock.advance(Duration.ofSeconds(10));
        assertEquals(List.of("01A", "01B"), phone.app.taken);
        assertEquals(Set.of(), phone.server.waiting);
    }

    @Test
    void a_pull_without_network_is_repeated() {
        phone.server.waiting.add("01A");
        phone.server.unreachable = true;
        phone.inUse();
        assertEquals(List.of(), phone.app.taken);
        phone.server.unreachable = false;
        phone.clock.advance(Duration.ofSeconds(10));
        assertEquals(List.of("01A"), phone.app.taken);
    }

    @Test
    void a_phone_that_cannot_open_the_connection_pulls_all_the_same() {
        phone.server.waiting.add("01A");
        phone.client.login("lin");
        phone.client.appOpened();
        phone.clock.settle();
        phone.sockets.last().client.closed(503);
        phone.clock.settle();
        assertEquals(List.of("01A"), phone.app.taken);
    }

    @Test
    void a_live_message_is_acknowledged_after_the_app_took_it() {
        phone.inUse();
        phone.app.refused.add("01B");
        phone.sockets.last().message("01A");
        phone.sockets.last().message("01B");
        phone.clock.advance(SocketAcks.DELAY);
        assertEquals(List.of("01A"), phone.app.taken);
        assertEquals(List.of("{\"msg_ids\":[\"01A\"],\"action\":\"ack\"}"), phone.sockets.last().sent);
    }

    @Test
    void a_message_that_comes_by_push_socket_and_pull_is_taken_once() {
        phone.server.waiting.add("01A");
        assertFalse(phone.client.pushArrived(push("01A")), "nobody is logged in");
        phone.inUse();
        phone.sockets.last().message("01A");
        phone.clock.advance(SocketAcks.DELAY);
        assertFalse(phone.client.pushArrived(push("01A")), "the app has it");
        assertEquals(List.of("01A"), phone.app.taken);
        assertEquals(1, phone.sockets.last().sent.size(), "it is acknowledged again");
    }

    @Test
    void a_push_is_shown_once_and_its_message_makes_no_second_notification() {
        Phone plain = Phone.plain().inUse();
        plain.client.appInBackground();
        plain.clock.settle();
        assertTrue(plain.client.pushArrived(push("01A")));
        assertFalse(plain.client.pushArrived(push("01A")));
        plain.sockets.last().message("01A");
        plain.sockets.last().message("01B");
        plain.clock.settle();
        assertEquals(List.of("01A", "01B"), plain.app.taken);
        assertEquals(List.of("01B"), plain.app.notified);
    }

    @Test
    void a_message_in_the_foreground_makes_no_notification() {
        phone.inUse();
        phone.sockets.last().message("01A");
        phone.clock.settle();
        assertEquals(List.of(), phone.app.notified);
    }

    @Test
    void a_push_for_somebody_else_is_not_shown() {
        phone.inUse();
        assertFalse(phone.client.pushArrived(Map.of("f", "wei", "t", "ana", "m", "01A")));
        assertTrue(phone.client.pushArrived(Map.of("f", "wei", "g", "g1", "m", "01B")), "a group push names no receiver");
    }

    @Test
    void the_memory_of_messages_is_bounded() {
        SeenMessages seen = new SeenMessages();
        for (int number = 0; number <= SeenMessages.MAX; number++) {
            seen.taken("m" + number);
        }
        assertFalse(seen.isTaken("m0"));
        assertTrue(seen.isTaken("m1"));
    }

    @Test
    void opening_the_app_clears_the_badge() {
        phone.inUse();
        assertEquals(1, phone.app.badgesCleared);
        phone.client.appInBackground();
        phone.client.appOpened();
        phone.clock.settle();
        assertEquals(2, phone.app.badgesCleared);
    }
}
