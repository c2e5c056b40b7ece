package curlew.compat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.easemob.im.server.api.push.displaystyle.set.DisplayStyle;
import com.easemob.im.server.model.EMConversationType;
import com.easemob.im.server.model.EMNotificationType;
import com.google.gson.JsonObject;
import java.io.IOException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Push settings of users, read back from Curlew. The names of the tests begin with the ids of docs/easemob-calls.md. */
@EnabledIfSystemProperty(named = "curlew.stack", matches = ".+", disabledReason = "make compat names the stack")
class PushSettingsTest {
    private static App app;

    @BeforeAll
    static void an_app() throws IOException {
        app = App.create("push");
    }

    private static JsonObject user(String name) throws IOException {
        return app.get("/users/" + name).getAsJsonArray("entities").get(0).getAsJsonObject();
    }

    private static JsonObject setting(String name, String conversation) throws IOException {
        return app.get("/users/" + name + "/notification/" + conversation).getAsJsonObject("data");
    }

    private static void create(String name) {
        app.sdk.user().create(name, "secret").block();
    }

    @Test
    void P1_a_nickname_is_shown() throws IOException {
        create("p1-ann");
        app.sdk.push().updateUserNickname("p1-ann", "Ann 安").block();
        assertEquals("Ann 安", user("p1-ann").get("nickname").getAsString());
    }

    @Test
    void P3_a_display_style_is_shown() throws IOException {
        create("p3-ann");
        app.sdk.push().setNotificationDisplayStyle("p3-ann", DisplayStyle.DETAILS).block();
        assertEquals(1, user("p3-ann").get("notification_display_style").getAsInt());
        app.sdk.push().setNotificationDisplayStyle("p3-ann", DisplayStyle.DEFAULT).block();
        assertEquals(0, user("p3-ann").get("notification_display_style").getAsInt());
    }

    @Test
    void P4_do_not_disturb_begins_and_ends_at_the_hours() throws IOException {
        create("p4-ann");
        app.sdk.push().openNotificationNoDisturbing("p4-ann", 22, 7).block();
        assertEquals("22:00-07:00", setting("p4-ann", "user/p4-ann").get("ignoreInterval").getAsString());
    }

    @Test
    void P5_do_not_disturb_is_switched_off() throws IOException {
        create("p5-ann");
        app.sdk.push().openNotificationNoDisturbing("p5-ann", 22, 7).block();
        app.sdk.push().closeNotificationNoDisturbing("p5-ann").block();
        assertEquals("", setting("p5-ann", "user/p5-ann").get("ignoreInterval").getAsString());
    }

    @Test
    void P6_the_mode_of_the_app_and_of_a_conversation_is_shown() throws IOException {
        create("p6-ann");
        long before = System.currentTimeMillis();
        app.sdk.push()
                .offlineSetting("p6-ann", EMConversationType.USER, "p6-ann", EMNotificationType.AT, "21:30-08:00", 60_000)
                .block();
        JsonObject global = setting("p6-ann", "user/p6-ann");
        assertEquals("AT", global.get("type").getAsString());
        assertEquals("21:30-08:00", global.get("ignoreInterval").getAsString());
        assertTrue(global.get("ignoreDuration").getAsLong() >= before + 60_000);
        app.sdk.push()
                .offlineSetting("p6-ann", EMConversationType.CHAT_GROUP, "p6-group", EMNotificationType.NONE, null, 0)
                .block();
        assertEquals("NONE", setting("p6-ann", "chatgroup/p6-group").get("type").getAsString());
        app.sdk.push()
                .offlineSetting("p6-ann", EMConversationType.CHAT_GROUP, "p6-group", EMNotificationType.DEFAULT, null, 0)
                .block();
        assertEquals("DEFAULT", setting("p6-ann", "chatgroup/p6-group").get("type").getAsString());
    }
}
