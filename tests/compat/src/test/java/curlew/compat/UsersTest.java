package curlew.compat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.easemob.im.server.exception.EMBadRequestException;
import com.easemob.im.server.exception.EMNotFoundException;
import com.easemob.im.server.model.EMPage;
import com.easemob.im.server.model.EMUser;
import com.easemob.im.server.model.EMUserStatus;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Users. The names of the tests begin with the ids of docs/easemob-calls.md. */
@EnabledIfSystemProperty(named = "curlew.stack", matches = ".+", disabledReason = "make compat names the stack")
class UsersTest {
    private static App app;

    @BeforeAll
    static void an_app() throws IOException {
        app = App.create("users");
    }

    private static void create(String... names) {
        for (String name : names) {
            app.sdk.user().create(name, "secret").block();
        }
    }

    @Test
    void U1_a_user_is_created() {
        EMUser user = app.sdk.user().create("u1-ann", "secret").block();
        assertEquals("u1-ann", user.getUsername());
        assertTrue(user.getCanLogin());
        assertEquals("u1-ann", app.sdk.user().get("u1-ann").block().getUsername());
    }

    @Test
    void U1_a_taken_name_is_refused() {
        create("u1-bob");
        Refusal.of(EMBadRequestException.class, 400, "u1-bob", () -> create("u1-bob"));
    }

    @Test
    void U1_an_illegal_name_is_refused() throws IOException {
        // The SDK refuses it itself; other clients send it.
        App.Answer refused = app.answer("POST", "/users", App.json("{'username':'no blanks','password':'secret'}"));
        assertEquals(400, refused.status());
        assertEquals("illegal_argument", refused.body().get("error").getAsString());
    }

    @Test
    void U3_a_user_is_shown_with_its_devices() throws IOException {
        create("u3-ann");
        assertNull(app.sdk.user().get("u3-ann").block().getPushResources());
        String notifier = "{'name':'u3-sender','vendor':'meizu','credential':{'app_id':'u3-sender','app_key':'k','app_secret':'s'}}";
        app.answer("POST", "/notifiers", App.json(notifier));
        String binding = "{'device_id':'u3-phone','device_token':'u3-token','notifier_name':'u3-sender'}";
        App.Answer bound = app.answer("PUT", "/users/u3-ann/push/binding", App.json(binding));
        assertEquals(200, bound.status(), bound.body().toString());
        EMUser user = app.sdk.user().get("u3-ann").block();
        assertEquals(1, user.getPushResources().size());
        assertEquals("u3-phone", user.getPushResources().get(0).getDeviceId());
        assertEquals("u3-token", user.getPushResources().get(0).getDeviceToken());
        assertEquals("u3-sender", user.getPushResources().get(0).getNotifierName());
    }

    @Test
    void U3_an_unknown_user_is_not_found() {
        Refusal.of(EMNotFoundException.class, 404, "", () -> app.sdk.user().get("u3-nobody").block());
    }

    @Test
    void U4_all_users_are_listed_in_pages() {
        List<String> names = List.of("u4-ann", "u4-bob", "u4-cat", "u4-dan", "u4-eve");
        create(names.toArray(String[]::new));
        List<String> all = app.sdk.user().listAllUsers().collectList().block();
        assertTrue(all.containsAll(names), all.toString());
        List<String> paged = new ArrayList<>();
        EMPage<String> page = app.sdk.user().listUsers(2, null).block();
        paged.addAll(page.getValues());
        while (page.getCursor() != null) {
            assertTrue(page.getValues().size() <= 2);
            page = app.sdk.user().listUsers(2, page.getCursor()).block();
            paged.addAll(page.getValues());
        }
        assertTrue(paged.containsAll(names), paged.toString());
        assertEquals(paged.size(), paged.stream().distinct().count());
    }

    @Test
    void U5_a_deleted_user_is_gone() {
        create("u5-ann");
        app.sdk.user().delete("u5-ann").block();
        Refusal.of(EMNotFoundException.class, 404, "", () -> app.sdk.user().get("u5-ann").block());
        assertFalse(app.sdk.user().listAllUsers().collectList().block().contains("u5-ann"));
        create("u5-ann");
        assertEquals("u5-ann", app.sdk.user().get("u5-ann").block().getUsername());
    }

    @Test
    void U5_a_user_that_was_never_there_is_not_found() {
        Refusal.of(EMNotFoundException.class, 404, "", () -> app.sdk.user().delete("u5-nobody").block());
    }

    @Test
    void U6_no_call_deletes_all_users() {
        create("u6-ann");
        Refusal.of(EMNotFoundException.class, 404, "Curlew does not have this call", () -> app.sdk.user().deleteAll().blockLast());
        assertEquals("u6-ann", app.sdk.user().get("u6-ann").block().getUsername());
    }

    @Test
    void U7_a_password_is_accepted() {
        create("u7-ann");
        assertNull(app.sdk.user().updateUserPassword("u7-ann", "another").block());
        Refusal.of(EMNotFoundException.class, 404, "", () -> app.sdk.user().updateUserPassword("u7-nobody", "another").block());
    }

    @Test
    void U8_U9_a_banned_user_gets_no_token_and_is_offline_until_the_ban_ends() throws IOException {
        create("u8-ann");
        app.online("u8-ann", "phone");
        app.sdk.block().blockUserLogin("u8-ann").block();
        assertFalse(app.sdk.user().get("u8-ann").block().getCanLogin());
        assertFalse(app.sdk.user().isUserOnline("u8-ann").block());
        Refusal.of(EMBadRequestException.class, 400, "user not activated", () -> app.sdk.token().getUserTokenWithInherit("u8-ann"));
        app.sdk.block().unblockUserLogin("u8-ann").block();
        assertTrue(app.sdk.user().get("u8-ann").block().getCanLogin());
        assertFalse(app.sdk.token().getUserTokenWithInherit("u8-ann").isEmpty());
    }

    @Test
    void U10_all_devices_of_a_user_are_forced_off() throws IOException {
        create("u10-ann");
        app.online("u10-ann", "phone");
        assertTrue(app.sdk.user().isUserOnline("u10-ann").block());
        app.sdk.user().forceLogoutAllDevices("u10-ann").block();
        assertFalse(app.sdk.user().isUserOnline("u10-ann").block());
    }

    @Test
    void U10_a_user_without_devices_is_forced_off_as_well() {
        create("u10-bob");
        assertNull(app.sdk.user().forceLogoutAllDevices("u10-bob").block());
    }

    @Test
    void U11_one_device_is_forced_off() throws IOException {
        create("u11-ann");
        app.online("u11-ann", "phone");
        app.online("u11-ann", "tablet");
        app.sdk.user().forceLogoutOneDevice("u11-ann", "android_phone").block();
        assertTrue(app.sdk.user().isUserOnline("u11-ann").block());
        app.sdk.user().forceLogoutOneDevice("u11-ann", "android_tablet").block();
        assertFalse(app.sdk.user().isUserOnline("u11-ann").block());
    }

    @Test
    void U12_a_user_is_online_or_not() throws IOException {
        create("u12-ann");
        assertFalse(app.sdk.user().isUserOnline("u12-ann").block());
        app.online("u12-ann", "phone");
        assertTrue(app.sdk.user().isUserOnline("u12-ann").block());
    }

    @Test
    void U13_many_users_are_online_or_not() throws IOException {
        create("u13-ann", "u13-bob");
        app.online("u13-bob", "phone");
        List<String> asked = List.of("u13-ann", "u13-bob", "u13-nobody");
        List<EMUserStatus> statuses = app.sdk.user().isUsersOnline(asked).block();
        Map<String, Boolean> online =
                statuses.stream().collect(Collectors.toMap(EMUserStatus::getUsername, EMUserStatus::isOnline));
        assertEquals(Map.of("u13-ann", false, "u13-bob", true, "u13-nobody", false), online);
    }

    @Test
    void U14_U15_attributes_are_accepted_and_dropped() {
        create("u14-ann");
        app.sdk.metadata().setMetadataToUser("u14-ann", Map.of("avatar", "https://a/b?c=d&e", "name", "Ann 安")).block();
        assertTrue(app.sdk.metadata().deleteMetadataFromUser("u14-ann").block());
    }

    @Test
    void N11_N12_N13_attributes_are_not_read() {
        String missing = "Curlew does not have this call";
        Refusal.of(EMNotFoundException.class, 404, missing, () -> app.sdk.metadata().getMetadataFromUser("n11-ann").block());
        List<String> names = List.of("n11-ann");
        Refusal.of(EMNotFoundException.class, 404, missing, () -> app.sdk.metadata().getMetadataFromUsers(names, names).block());
        Refusal.of(EMNotFoundException.class, 404, missing, () -> app.sdk.metadata().getUsage().block());
    }

    @Test
    void N14_N15_N16_there_are_no_contacts() {
        String missing = "the contact list";
        Refusal.of(EMNotFoundException.class, 404, missing, () -> app.sdk.contact().add("n14-ann", "n14-bob").block());
        Refusal.of(EMNotFoundException.class, 404, missing, () -> app.sdk.contact().remove("n14-ann", "n14-bob").block());
        Refusal.of(EMNotFoundException.class, 404, missing, () -> app.sdk.contact().list("n14-ann").collectList().block());
    }

    @Test
    void N19_N20_N21_no_user_blocks_another() {
        String missing = "blocking users";
        Refusal.of(EMNotFoundException.class, 404, missing,
                () -> app.sdk.block().getUsersBlockedFromSendMsgToUser("n19-ann").collectList().block());
        Refusal.of(EMNotFoundException.class, 404, missing, () -> app.sdk.block().blockUserSendMsgToUser("n19-ann", "n19-bob").block());
        Refusal.of(EMNotFoundException.class, 404, missing, () -> app.sdk.block().unblockUserSendMsgToUser("n19-ann", "n19-bob").block());
    }
}
