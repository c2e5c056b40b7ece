package curlew.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;

import com.google.gson.JsonParser;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class InstantPushTest {
    private static final String WHOLE = """
            {"kind":"push","message":{"msg_id":"01A","from":"admin","to":"lin","chat_type":"chat","type":"txt",\
            "body":{"msg":"ignore"},"ext":{"k":1},"timestamp":7,"push":{"title":"Delay","content":"Half past nine",\
            "subTitle":"Trains","config":{"clickAction":{"action":"OPEN"}},"easemob":{"style":2}}}}""";

    private final Phone phone = Phone.huawei();

    private void arrives(String id, String push) {
        String message = "{\"msg_id\":\"" + id + "\",\"push\":" + push + "}";
        phone.sockets.last().client.text("{\"kind\":\"push\",\"message\":" + message + "}");
    }

    @Test
    void an_instant_push_has_a_call_of_its_own_and_is_acknowledged_like_a_message() {
        phone.inUse();
        phone.sockets.last().client.text(WHOLE);
        phone.clock.advance(SocketAcks.DELAY);
        InstantPush push = phone.app.pushes.get(0);
        assertEquals(
                List.of("01A", "Delay", "Half past nine", "Trains"),
                List.of(push.id(), push.title(), push.content(), push.subTitle()));
        assertEquals(JsonParser.parseString("{\"clickAction\":{\"action\":\"OPEN\"}}"), push.config());
        assertEquals(JsonParser.parseString("{\"style\":2}"), push.easemob());
        assertEquals(JsonParser.parseString("{\"k\":1}"), push.ext());
        assertEquals(7, push.timestamp());
        assertEquals("InstantPush 01A", push.toString(), "no text in a log");
        assertEquals(List.of("{\"msg_ids\":[\"01A\"],\"action\":\"ack\"}"), phone.sockets.last().sent);
        assertEquals(List.of(), phone.app.taken, "it is no message");
    }

    @Test
    void an_instant_push_that_waited_comes_with_the_pull() {
        phone.server.waiting.addAll(List.of("01A", "01B"));
        phone.server.instant.add("01B");
        phone.inUse();
        assertEquals(List.of("01A"), phone.app.taken);
        assertEquals(List.of("01B"), phone.app.pushes.stream().map(InstantPush::id).toList());
        assertEquals(Set.of(), phone.server.waiting);
    }

    @Test
    void an_instant_push_that_the_app_does_not_take_is_not_acknowledged() {
        phone.app.refused.add("01A");
        phone.inUse();
        arrives("01A", "{}");
        phone.clock.advance(SocketAcks.DELAY);
        assertEquals(List.of(), phone.sockets.last().sent);
    }

    @Test
    void an_instant_push_that_comes_twice_is_handed_over_once() {
        phone.inUse();
        arrives("01A", "{\"title\":\"once\"}");
        phone.clock.advance(SocketAcks.DELAY);
        arrives("01A", "{\"title\":\"twice\"}");
        phone.clock.advance(SocketAcks.DELAY);
        assertEquals(List.of("once"), phone.app.pushes.stream().map(InstantPush::title).toList());
        assertEquals(2, phone.sockets.last().sent.size(), "both are acknowledged");
    }

    @Test
    void an_instant_push_that_a_vendor_showed_makes_no_second_notification() {
        Phone plain = Phone.plain().inUse();
        plain.client.appInBackground();
        plain.clock.settle();
        plain.client.pushArrived(Map.of("t", "lin", "m", "01A"));
        for (String id : List.of("01A", "01B")) {
            String message = "{\"msg_id\":\"" + id + "\",\"push\":{}}";
            plain.sockets.last().client.text("{\"kind\":\"push\",\"message\":" + message + "}");
        }
        plain.clock.settle();
        assertEquals(List.of("01B"), plain.app.notified);
    }

    @Test
    void what_a_push_lacks_or_has_in_another_form_harms_nothing() {
        phone.inUse();
        arrives("01A", "{\"title\":{},\"config\":7,\"easemob\":[],\"later\":true}");
        arrives("01B", "7");
        phone.sockets.last().client.text("{\"kind\":\"push\"}");
        phone.sockets.last().client.text("{\"kind\":\"push\",\"message\":{\"push\":{}}}");
        phone.clock.settle();
        InstantPush push = phone.app.pushes.get(0);
        assertEquals(List.of("", ""), List.of(push.title(), push.content()));
        assertNull(push.subTitle());
        assertEquals(List.of("01B"), phone.app.taken, "without the field it is a message");
        assertFalse(phone.sockets.last().closed);
    }
}
