package curlew.story;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import curlew.client.InstantPush;
import curlew.client.PushConfig;
import curlew.client.Vendor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** A day of Lin's phone against the local stack, scene by scene. After a scene that fails the others are skipped. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@EnabledIfSystemProperty(named = "curlew.stack", matches = ".+", disabledReason = "make client-test names the stack")
class StoryTest {
    private static final String HUAWEI = "huawei";
    private static final String GROUP = "hikers";

    private final long began = System.nanoTime();
    private final List<String> sent = new ArrayList<>();
    private Stack stack;
    private TestApp app;
    private LinsPhone lin;
    private int pushes;
    private int scenesBegun;
    private int scenesPlayed;

    @BeforeAll
    void the_stack_is_up() throws IOException {
        stack = Stack.read(System.getProperty("curlew.stack"));
    }

    @Test
    @Order(1)
    void an_app_with_certificates_is_created() throws IOException {
        begin(1, "an app is created, with certificates for FCM and Huawei");
        app = stack.createApp("acme", "story-" + System.currentTimeMillis());
        app.addNotifier("sender-1", "fcm", stack.credential("fcm"));
        app.addNotifier("101234567", HUAWEI, stack.credential(HUAWEI));
        app.createGroup(GROUP, LinsPhone.USER, "wei", "ana");
        end();
    }

    @Test
    @Order(2)
    void the_phone_detects_its_vendor_and_uploads_its_token() throws IOException {
        begin(2, "Lin's phone finds Huawei's push service and uploads its token");
        PushConfig config = PushConfig.builder()
                .server(stack.apiUrl, stack.websocketUrl, app.org(), app.name())
                .enableFcm("sender-1")
                .enableHuawei("101234567")
                .build();
        lin = new LinsPhone(config, app);
        assertEquals(Optional.empty(), lin.client.vendor());
        lin.client.registerAfterConsent();
        lin.client.login(LinsPhone.USER);
        Wait.until("the binding", () -> !app.bindings(LinsPhone.USER).isEmpty());
        assertEquals(Optional.of(Vendor.HUAWEI), lin.client.vendor());
        JsonArray bindings = app.bindings(LinsPhone.USER);
        assertEquals(1, bindings.size());
        JsonObject binding = bindings.get(0).getAsJsonObject();
        assertEquals("101234567", binding.get("notifier_name").getAsString());
        assertEquals(lin.vendorToken, binding.get("device_token").getAsString());
        end();
    }

    @Test
    @Order(3)
    void an_offline_phone_is_pushed_to() throws IOException {
        begin(3, "Lin puts the phone away; Wei writes three times, and once to their group");
        lin.client.appInBackground();
        Wait.until("Lin is offline", () -> app.status(LinsPhone.USER).equals("offline"));
        for (String text : List.of("Are you there?", "The train leaves at nine.", "Bring water.")) {
            sent.add(app.send("wei", LinsPhone.USER, text));
        }
        sent.add(app.sendToGroup("wei", GROUP, "Who is coming?"));
        pushes = sent.size();
        assertEquals(sent.stream().sorted().toList(), pushed(pushes).stream().sorted().toList());
        assertEquals(List.of(), lin.taken());
        end();
    }

    @Test
    @Order(4)
    void coming_back_brings_exactly_what_was_missed() throws IOException {
        begin(4, "Lin opens the app: the badge goes, what was missed is pulled and acknowledged");
        lin.client.appOpened();
        Wait.until("all messages", () -> lin.taken().size() >= sent.size());
        assertEquals(sent, lin.taken());
        assertEquals(1, lin.badgesCleared());
        Wait.until("nothing waits any more", () -> app.waiting(LinsPhone.USER) == 0);
        Wait.until("Lin is online", () -> app.status(LinsPhone.USER).equals("online"));
        end();
    }

    @Test
    @Order(5)
    void an_open_connection_gets_the_next_message_without_a_push() throws IOException {
        begin(5, "Wei answers while Lin is looking");
        sent.add(app.send("wei", LinsPhone.USER, "See you at nine."));
        Wait.until("the message", () -> lin.taken().size() >= sent.size());
        assertEquals(sent, lin.taken());
        Wait.until("it is acknowledged", () -> app.waiting(LinsPhone.USER) == 0);
        end();
    }

    @Test
    @Order(6)
    void a_notice_comes_over_the_open_connection_and_is_acknowledged() throws IOException {
        begin(6, "the app's server tells Lin of a delay, without a chat");
        String id = app.pushNotice(LinsPhone.USER, "Delay", "The train leaves at half past nine.");
        Wait.until("the notice", () -> !lin.notices().isEmpty());
        InstantPush notice = lin.notices().get(0);
        assertEquals(
                List.of(id, "Delay", "The train leaves at half past nine."),
                List.of(notice.id(), notice.title(), notice.content()));
        assertEquals(sent, lin.taken());
        Wait.until("it is acknowledged", () -> app.waiting(LinsPhone.USER) == 0);
        end();
    }

    @Test
    @Order(7)
    void a_connection_that_is_lost_silently_ends_in_a_push() throws IOException {
        begin(7, "Lin is in a tunnel and nobody notices; Wei writes, and the acknowledgement is missing");
        lin.sockets.cut();
        sent.add(app.send("wei", LinsPhone.USER, "Platform 4!"));
        pushes++;
        List<String> ids = pushed(pushes);
        assertEquals(sent.get(sent.size() - 1), ids.get(ids.size() - 1));
        assertEquals(sent.size() - 1, lin.taken().size());
        end();
    }

    @Test
    @Order(8)
    void what_was_pushed_and_pulled_is_shown_once() throws IOException {
        begin(8, "Lin sees the notification and opens the app");
        String id = sent.get(sent.size() - 1);
        Map<String, String> payload = Map.of("f", "wei", "t", LinsPhone.USER, "m", id);
        assertTrue(lin.client.pushArrived(payload));
        lin.client.appInBackground();
        lin.client.appOpened();
        Wait.until("the message", () -> lin.taken().size() >= sent.size());
        assertEquals(sent, lin.taken());
        assertFalse(lin.client.pushArrived(payload));
        assertEquals(List.of(), lin.notified());
        Wait.until("nothing waits any more", () -> app.waiting(LinsPhone.USER) == 0);
        end();
    }

    @Test
    @Order(9)
    void a_live_message_was_never_pushed() throws IOException {
        begin(9, "the message that came over the connection was pushed neither then nor later");
        assertEquals(pushes, pushed(pushes).size());
        assertFalse(pushed(pushes).contains(sent.get(4)));
        end();
    }

    @Test
    @Order(10)
    void after_a_logout_with_unbinding_nothing_is_pushed() throws IOException {
        begin(10, "Lin logs out");
        lin.client.logout(true);
        Wait.until("no binding", () -> app.bindings(LinsPhone.USER).isEmpty());
        String id = app.send("wei", LinsPhone.USER, "Home safe?");
        Wait.until("the decision", () -> app.trace(id, LinsPhone.USER).contains("no push binding"));
        assertEquals(pushes, pushed(pushes).size());
        assertEquals(sent, lin.taken());
        assertEquals(List.of(), lin.problems());
        end();
    }

    /** The message ids of the pushes that reached Lin's phone, oldest first; waits for so many. */
    private List<String> pushed(int atLeast) throws IOException {
        List<String> ids = new ArrayList<>();
        for (JsonElement delivery : stack.deliveries(HUAWEI, lin.vendorToken, atLeast)) {
            JsonElement data = delivery.getAsJsonObject().get("data");
            JsonElement payload = data.isJsonPrimitive() ? JsonParser.parseString(data.getAsString()) : data;
            ids.add(payload.getAsJsonObject().get("m").getAsString());
        }
        return ids;
    }

    private void begin(int scene, String what) {
        assumeTrue(scenesPlayed == scene - 1, "an earlier scene failed");
        scenesBegun = scene;
        long seconds = (System.nanoTime() - began) / 1_000_000_000;
        System.out.printf("[story] %3d s  scene %d: %s%n", seconds, scene, what);
    }

    private void end() {
        scenesPlayed++;
    }

    /** What Lin's phone can say about a scene that failed. */
    @AfterEach
    void report() {
        if (lin != null && scenesPlayed < scenesBegun) {
            System.out.println("[story] sent " + sent + ", taken " + lin.taken() + ", problems " + lin.problems());
        }
    }
}
