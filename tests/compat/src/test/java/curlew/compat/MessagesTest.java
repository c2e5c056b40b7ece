package curlew.compat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.easemob.im.server.api.message.missed.MissedMessageCount;
import com.easemob.im.server.api.message.recall.RecallMessageSource;
import com.easemob.im.server.exception.EMBadRequestException;
import com.easemob.im.server.exception.EMNotFoundException;
import com.easemob.im.server.model.EMCommandMessage;
import com.easemob.im.server.model.EMCustomMessage;
import com.easemob.im.server.model.EMFileMessage;
import com.easemob.im.server.model.EMImageMessage;
import com.easemob.im.server.model.EMKeyValue;
import com.easemob.im.server.model.EMLocationMessage;
import com.easemob.im.server.model.EMMessage;
import com.easemob.im.server.model.EMTextMessage;
import com.easemob.im.server.model.EMVideoMessage;
import com.easemob.im.server.model.EMVoiceMessage;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Messages, read back from what waits for their receivers. The names of the tests begin with the ids of docs/easemob-calls.md. */
@EnabledIfSystemProperty(named = "curlew.stack", matches = ".+", disabledReason = "make compat names the stack")
class MessagesTest {
    private static final String USERS = "users";
    private static final URI FILE = URI.create("https://files.example/one");
    private static App app;

    @BeforeAll
    static void an_app() throws IOException {
        app = App.create("messages");
    }

    private static EMTextMessage text(String text) {
        return new EMTextMessage().text(text);
    }

    private static String send(String to, EMMessage message, Set<EMKeyValue> extensions) {
        return app.sdk.message().send("sender", USERS, Set.of(to), message, extensions).block()
                .getMessageIdsByEntityId().get(to);
    }

    /** The message that waits for a user, who has one. */
    private static JsonObject waiting(String user) throws IOException {
        JsonArray page = app.get("/users/" + user + "/offline_messages").getAsJsonArray("data");
        assertEquals(1, page.size(), page.toString());
        return page.get(0).getAsJsonObject();
    }

    /** Sends a message to a user who has none, and asserts what waits then. */
    private static void arrives(String user, EMMessage message, String type, String body) throws IOException {
        String id = send(user, message, Set.of());
        JsonObject waiting = waiting(user);
        assertEquals(id, waiting.get("msg_id").getAsString());
        assertEquals(type, waiting.get("type").getAsString());
        assertEquals(JsonParser.parseString(App.json(body)), waiting.get("body"));
    }

    @Test
    void M1_a_text_arrives() throws IOException {
        arrives("m1-text", text("Lunch? 吃饭"), "txt", "{'msg':'Lunch? 吃饭'}");
        assertEquals("sender", waiting("m1-text").get("from").getAsString());
    }

    @Test
    void M1_an_image_arrives() throws IOException {
        EMImageMessage image = new EMImageMessage().uri(FILE).displayName("a.png").secret("s").bytes(7).width(1080).height(1920.5);
        String body = "{'url':'https://files.example/one','filename':'a.png','secret':'s','file_length':7,"
                + "'size':{'width':1080.0,'height':1920.5}}";
        arrives("m1-image", image, "img", body);
    }

    @Test
    void M1_a_voice_arrives() throws IOException {
        EMVoiceMessage voice = new EMVoiceMessage().uri(FILE).displayName("a.amr").duration(4).bytes(7).secret("s");
        String body = "{'url':'https://files.example/one','filename':'a.amr','length':4,'file_length':7,'secret':'s'}";
        arrives("m1-voice", voice, "audio", body);
    }

    @Test
    void M1_a_video_arrives() throws IOException {
        EMVideoMessage video = new EMVideoMessage().uri(FILE).displayName("a.mp4").duration(4).bytes(7).secret("s")
                .thumb("https://files.example/thumb").thumbSecret("t");
        String body = "{'url':'https://files.example/one','filename':'a.mp4','length':4,'file_length':7,'secret':'s',"
                + "'thumb':'https://files.example/thumb','thumb_secret':'t'}";
        arrives("m1-video", video, "video", body);
    }

    @Test
    void M1_a_file_arrives() throws IOException {
        EMFileMessage file = new EMFileMessage().uri(FILE).displayName("a.txt").bytes(7).secret("s");
        arrives("m1-file", file, "file", "{'url':'https://files.example/one','filename':'a.txt','file_length':7,'secret':'s'}");
    }

    @Test
    void M1_a_location_arrives() throws IOException {
        EMLocationMessage location = new EMLocationMessage().latitude(0.0000001).longitude(-122.4).address("somewhere");
        String id = send("m1-location", location, Set.of());
        JsonObject waiting = waiting("m1-location");
        assertEquals(id, waiting.get("msg_id").getAsString());
        assertEquals(0.0000001, waiting.getAsJsonObject("body").get("lat").getAsDouble());
        assertEquals(-122.4, waiting.getAsJsonObject("body").get("lng").getAsDouble());
        assertEquals("somewhere", waiting.getAsJsonObject("body").get("addr").getAsString());
    }

    @Test
    void M1_a_command_arrives() throws IOException {
        EMCommandMessage command = new EMCommandMessage().action("run")
                .param("flag", true).param("count", 1).param("long", 9007199254740993L).param("share", 0.5).param("name", "n");
        arrives("m1-command", command, "cmd",
                "{'action':'run','param':{'flag':true,'count':1,'long':9007199254740993,'share':0.5,'name':'n'}}");
    }

    @Test
    void M1_a_custom_message_arrives() throws IOException {
        EMCustomMessage custom = new EMCustomMessage().customEvent("order.paid")
                .customExtension("flag", true).customExtension("count", 1).customExtension("name", "n");
        arrives("m1-custom", custom, "custom", "{'customEvent':'order.paid','customExts':{'flag':true,'count':1,'name':'n'}}");
    }

    @Test
    void M1_extensions_are_any_json() throws IOException {
        Set<EMKeyValue> extensions = Set.of(
                EMKeyValue.of("flag", true),
                EMKeyValue.of("int", 1),
                EMKeyValue.of("long", 9007199254740993L),
                EMKeyValue.of("double", 0.5),
                EMKeyValue.of("text", "n"),
                EMKeyValue.of("em_at_list", (Object) List.of("ann", "bob")),
                EMKeyValue.of("em_push_ext", (Object) Map.of("title", "Carol", "custom", Map.of("a", 1))));
        send("m1-extensions", text("hello"), extensions);
        String expected = "{'flag':true,'int':1,'long':9007199254740993,'double':0.5,'text':'n','em_at_list':['ann','bob'],"
                + "'em_push_ext':{'title':'Carol','custom':{'a':1}}}";
        assertEquals(JsonParser.parseString(App.json(expected)), waiting("m1-extensions").get("ext"));
    }

    @Test
    void M1_the_answer_has_the_names_that_were_sent() throws IOException {
        Set<String> names = Set.of("M1-Ann", "m1-bob");
        Map<String, String> ids = app.sdk.message().send("sender", USERS, names, text("hello"), Set.of()).block()
                .getMessageIdsByEntityId();
        assertEquals(names, ids.keySet());
        assertEquals(ids.get("M1-Ann"), waiting("m1-ann").get("msg_id").getAsString());
    }

    @Test
    void M1_the_builder_sends_the_same() throws IOException {
        String id = app.sdk.message().send().fromUser("sender").toUser("m1-builder").text(message -> message.text("hello"))
                .extension(extensions -> extensions.add(EMKeyValue.of("a", 1))).syncDevice(true).send().block()
                .getMessageIdsByEntityId().get("m1-builder");
        JsonObject waiting = waiting("m1-builder");
        assertEquals(id, waiting.get("msg_id").getAsString());
        assertEquals(1, waiting.getAsJsonObject("ext").get("a").getAsInt());
    }

    @Test
    void M1_a_message_for_connected_devices_is_not_kept() {
        app.sdk.message().send("sender", USERS, Set.of("m1-online"), text("hello"), Set.of(), "ROUTE_ONLINE", true).block();
        assertEquals(0, app.sdk.message().countMissedMessages("m1-online").blockFirst().getMessageCount());
    }

    @Test
    void M1_a_message_to_a_group_waits_for_its_members() throws IOException {
        app.call("POST", "/chatgroups", App.json("{'groupid':'m1-group','owner':'m1-owner','members':['m1-member']}"));
        String id = app.sdk.message().send("m1-owner", "chatgroups", Set.of("m1-group"), text("hello"), Set.of()).block()
                .getMessageIdsByEntityId().get("m1-group");
        assertEquals(id, waiting("m1-member").get("msg_id").getAsString());
    }

    @Test
    void M1_a_message_to_a_chat_room_gets_an_id() {
        Map<String, String> ids = app.sdk.message().send("sender", "chatrooms", Set.of("m1-room"), text("hello"), Set.of()).block()
                .getMessageIdsByEntityId();
        assertFalse(ids.get("m1-room").isEmpty());
    }

    @Test
    void M1_a_message_to_nobody_is_refused() {
        Refusal.of(EMBadRequestException.class, 400, "target",
                () -> app.sdk.message().send("sender", USERS, Set.of(), text("hello"), Set.of()).block());
    }

    @Test
    void M1_a_text_without_text_is_refused() {
        Refusal.of(EMBadRequestException.class, 400, "msg", () -> send("m1-nothing", new EMTextMessage(), Set.of()));
    }

    @Test
    void M2_a_message_without_ids_is_answered_with_success() throws IOException {
        Map<String, String> results = app.sdk.message()
                .sendWithoutMsgId("sender", USERS, Set.of("M2-Ann", "m2-bob"), text("hello"), Set.of()).block()
                .getMessageResultsByEntityId();
        assertEquals(Map.of("M2-Ann", "success", "m2-bob", "success"), results);
        assertEquals("hello", waiting("m2-ann").getAsJsonObject("body").get("msg").getAsString());
    }

    @Test
    void M9_missed_messages_are_counted() {
        send("m9-ann", text("one"), Set.of());
        send("m9-ann", text("two"), Set.of());
        List<MissedMessageCount> counts = app.sdk.message().countMissedMessages("m9-ann").collectList().block();
        assertEquals(List.of(new MissedMessageCount("m9-ann", 2)), counts);
    }

    @Test
    void M10_a_message_is_delivered_when_it_is_acknowledged() throws IOException {
        String id = send("m10-ann", text("hello"), Set.of());
        assertFalse(app.sdk.message().isMessageDeliveredToUser(id, "m10-ann").block());
        app.call("POST", "/users/m10-ann/offline_messages/ack", App.json("{'msg_ids':['%s']}", id));
        assertTrue(app.sdk.message().isMessageDeliveredToUser(id, "m10-ann").block());
    }

    @Test
    void N1_a_recalled_message_waits_no_more() throws IOException {
        String id = send("n1-ann", text("hello"), Set.of());
        assertFalse(app.sdk.message().isMessageDeliveredToUser(id, "n1-ann").block());
        List<RecallMessageSource> sources = List.of(new RecallMessageSource(id, "chat", "n1-bob", "n1-ann", true));
        app.sdk.message().recallMessage(sources).block();
        assertTrue(app.sdk.message().isMessageDeliveredToUser(id, "n1-ann").block());
    }

    @Test
    void N4_N5_no_message_is_imported() {
        long now = System.currentTimeMillis();
        Refusal.of(EMNotFoundException.class, 404, "POST /messages/users",
                () -> app.sdk.message().importChatMessage("a", "b", text("hello"), Set.of(), true, now, false).block());
        Refusal.of(EMNotFoundException.class, 404, "POST /messages/chatgroups",
                () -> app.sdk.message().importChatGroupMessage("a", "b", text("hello"), Set.of(), true, now, false).block());
    }

    @Test
    void N6_there_is_no_history() {
        Refusal.of(EMNotFoundException.class, 404, "message history",
                () -> app.sdk.message().getHistoryAsUri(Instant.now().minusSeconds(86_400)).block());
    }

    @Test
    void N10_no_conversation_is_deleted() {
        Refusal.of(EMNotFoundException.class, 404, "list of conversations",
                () -> app.sdk.message().deleteChannel("n10-ann", "n10-bob", "chat", true).block());
    }

    @Test
    void N36_there_are_no_chat_rooms() {
        String missing = "POST /messages/chatrooms";
        Refusal.of(EMNotFoundException.class, 404, missing, () -> app.sdk.room().getRoom("n36").block());
        Refusal.of(EMNotFoundException.class, 404, missing, () -> app.sdk.room().listRoomsAll().collectList().block());
        Refusal.of(EMNotFoundException.class, 404, missing,
                () -> app.sdk.room().createRoom("n36", "n36", "ann", List.of(), 10).block());
    }

    @Test
    void N38_the_oldest_form_of_messages_to_chat_rooms_is_missing() {
        Refusal.of(EMNotFoundException.class, 404, "POST /messages/chatrooms",
                () -> app.sdk.message().sendMessageToLargeChatroom("a", Set.of("n38"), text("hello"), Set.of()).block());
    }
}
