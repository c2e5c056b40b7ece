package curlew.compat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Calls that later versions of the SDK make and the published one does not, with the bodies and without the headers of those versions.
 * The names of the tests begin with the ids of docs/easemob-calls.md.
 */
@EnabledIfSystemProperty(named = "curlew.stack", matches = ".+", disabledReason = "make compat names the stack")
class NewerCallsTest {
    private static final String TEXT = "'from':'sender','type':'txt','body':{'msg':'hello'}";
    private static App app;

    @BeforeAll
    static void an_app() throws IOException {
        app = App.create("newer");
    }

    private static void users(String... names) {
        for (String name : names) {
            app.sdk.user().create(name, "secret").block();
        }
    }

    private static JsonObject post(String path, String body) throws IOException {
        return app.call("POST", path, App.json(body));
    }

    private static void group(String id, String owner, String members) throws IOException {
        post("/chatgroups", "{'groupid':'" + id + "','groupname':'" + id + "','desc':'about','public':true,'maxusers':200,"
                + "'allowinvites':false,'invite_need_confirm':false,'members_only':true,'need_verify':true,"
                + "'owner':'" + owner + "','members':" + members + "}");
    }

    private static List<String> strings(JsonElement array) {
        List<String> strings = new ArrayList<>();
        array.getAsJsonArray().forEach(one -> strings.add(one.getAsString()));
        return strings;
    }

    private static String waitingId(String user) throws IOException {
        JsonArray page = app.get("/users/" + user + "/offline_messages").getAsJsonArray("data");
        assertEquals(1, page.size(), page.toString());
        return page.get(0).getAsJsonObject().get("msg_id").getAsString();
    }

    @Test
    void U2_many_users_are_created() throws IOException {
        JsonArray made = post("/users", "[{'username':'u2-ann','password':'p','nickname':'Ann'},{'username':'u2-bob','password':'p'}]")
                .getAsJsonArray("entities");
        assertEquals(List.of("u2-ann", "u2-bob"),
                IntStream.range(0, 2).mapToObj(at -> made.get(at).getAsJsonObject().get("username").getAsString()).toList());
        assertEquals("Ann", app.get("/users/u2-ann").getAsJsonArray("entities").get(0).getAsJsonObject().get("nickname").getAsString());
        assertTrue(app.sdk.user().get("u2-bob").block().getCanLogin());
    }

    @Test
    void U2_no_more_than_sixty_users_are_created_at_once() throws IOException {
        String many = IntStream.range(0, 61)
                .mapToObj(count -> "{'username':'u2-many-" + count + "','password':'p'}")
                .collect(Collectors.joining(",", "[", "]"));
        App.Answer refused = app.answer("POST", "/users", App.json(many));
        assertEquals(400, refused.status());
        assertTrue(refused.body().get("error_description").getAsString().contains("60"), refused.body().toString());
    }

    @Test
    void P2_many_nicknames_are_shown() throws IOException {
        users("p2-ann", "p2-bob");
        app.call("PUT", "/push/nickname",
                App.json("[{'username':'p2-ann','push_nickname':'Ann'},{'username':'p2-bob','push_nickname':'Bob'}]"));
        for (String[] one : new String[][] {{"p2-ann", "Ann"}, {"p2-bob", "Bob"}}) {
            JsonObject user = app.get("/users/" + one[0]).getAsJsonArray("entities").get(0).getAsJsonObject();
            assertEquals(one[1], user.get("nickname").getAsString());
        }
    }

    @Test
    void M3_a_message_to_users_arrives() throws IOException {
        JsonObject ids = post("/messages/users", "{" + TEXT + ",'to':['M3-Ann'],'ext':{'a':1.0E-7},'sync_device':true}").getAsJsonObject("data");
        assertEquals(Set.of("M3-Ann"), ids.keySet());
        assertEquals(ids.get("M3-Ann").getAsString(), waitingId("m3-ann"));
    }

    @Test
    void M4_a_message_to_a_group_arrives() throws IOException {
        users("m4-ann", "m4-bob");
        group("m4-group", "m4-ann", "['m4-bob']");
        JsonObject ids = post("/messages/chatgroups", "{" + TEXT + ",'to':['m4-group']}").getAsJsonObject("data");
        assertEquals(ids.get("m4-group").getAsString(), waitingId("m4-bob"));
    }

    @Test
    void M5_a_message_to_some_members_arrives() throws IOException {
        users("m5-ann", "m5-bob");
        group("m5-group", "m5-ann", "['m5-bob']");
        String body = "{" + TEXT + ",'to':['m5-group'],'users':['m5-bob'],'sync_device':true}";
        JsonObject ids = post("/messages/chatgroups/users", body).getAsJsonObject("data");
        assertEquals(ids.get("m5-group").getAsString(), waitingId("m5-bob"));
        assertTrue(app.get("/users/m5-ann/offline_messages").getAsJsonArray("data").isEmpty());
    }

    @Test
    void M6_M7_M8_messages_to_chat_rooms_get_ids() throws IOException {
        String level = ",'chatroom_msg_level':'high'}";
        assertTrue(post("/messages/chatrooms", "{" + TEXT + ",'to':['r1','r2']" + level).getAsJsonObject("data").keySet()
                .containsAll(Set.of("r1", "r2")));
        String some = "{" + TEXT + ",'to':['r1'],'users':['m7-ann']" + level;
        assertEquals(Set.of("r1"), post("/messages/chatrooms/users", some).getAsJsonObject("data").keySet());
        String all = "{'from':'sender','msg':{'type':'txt','msg':'hello'}" + level;
        assertFalse(post("/messages/chatrooms/broadcast", all).getAsJsonObject("data").get("id").getAsString().isEmpty());
    }

    @Test
    void G3_many_groups_are_shown_and_unknown_ones_passed_over() throws IOException {
        users("g3-ann");
        group("g3-one", "g3-ann", "[]");
        group("g3-two", "g3-ann", "[]");
        JsonArray groups = app.get("/chatgroups/g3-one,g3-none,g3-two").getAsJsonArray("data");
        Set<String> ids = IntStream.range(0, groups.size())
                .mapToObj(at -> groups.get(at).getAsJsonObject().get("id").getAsString()).collect(Collectors.toSet());
        assertEquals(Set.of("g3-one", "g3-two"), ids);
    }

    @Test
    void G11_members_with_the_owner_are_listed_in_pages() throws IOException {
        users("g11-ann", "g11-bob", "g11-cat");
        group("g11-group", "g11-ann", "['g11-bob','g11-cat']");
        List<JsonElement> rows = new ArrayList<>();
        for (int page = 1; page <= 2; page++) {
            JsonObject answer = app.get("/chatgroups/g11-group/users?pagenum=" + page + "&pagesize=2");
            JsonArray data = answer.getAsJsonArray("data");
            assertEquals(data.size(), answer.get("count").getAsInt());
            JsonObject params = answer.getAsJsonObject("params");
            assertEquals(List.of(String.valueOf(page)), strings(params.get("pagenum")));
            assertEquals(List.of("2"), strings(params.get("pagesize")));
            data.forEach(rows::add);
        }
        Set<JsonElement> expected = Set.of(JsonParser.parseString("{\"owner\":\"g11-ann\"}"),
                JsonParser.parseString("{\"member\":\"g11-bob\"}"), JsonParser.parseString("{\"member\":\"g11-cat\"}"));
        assertEquals(3, rows.size(), rows.toString());
        assertEquals(expected, Set.copyOf(rows));
    }

    @Test
    void G17_a_user_is_a_member_or_not() throws IOException {
        users("g17-ann", "g17-bob");
        group("g17-group", "g17-ann", "[]");
        assertTrue(app.get("/chatgroups/g17-group/user/g17-ann/is_joined").get("data").getAsBoolean());
        assertFalse(app.get("/chatgroups/g17-group/user/g17-bob/is_joined").get("data").getAsBoolean());
    }

    @Test
    void G21_G22_a_group_is_disabled_and_enabled() throws IOException {
        users("g21-ann");
        group("g21-group", "g21-ann", "[]");
        for (String call : List.of("disable", "enable")) {
            boolean disabled = call.equals("disable");
            JsonObject answer = app.call("POST", "/chatgroups/g21-group/" + call, null);
            assertEquals(disabled, answer.getAsJsonObject("data").get("disabled").getAsBoolean());
            JsonObject shown = app.get("/chatgroups/g21-group").getAsJsonArray("data").get(0).getAsJsonObject();
            assertEquals(disabled, shown.get("disabled").getAsBoolean());
        }
    }

    @Test
    void N2_only_a_stored_message_is_recalled() throws IOException {
        String recall = App.json("{'msg_id':'01M8679BV477PVTKS0EHTQE000','to':'n2-ann','chat_type':'chat','force':true}");
        App.Answer refused = app.answer("POST", "/messages/msg_recall", recall);
        assertEquals(403, refused.status());
        assertEquals("not_found msg", refused.body().get("error_description").getAsString());
    }

    @Test
    void N3_no_message_is_changed() throws IOException {
        App.Answer refused = app.answer("PUT", "/messages/rewrite/1", "{}");
        assertEquals(404, refused.status());
        assertTrue(refused.body().get("error_description").getAsString().startsWith("Curlew does not have this call"));
    }
}
