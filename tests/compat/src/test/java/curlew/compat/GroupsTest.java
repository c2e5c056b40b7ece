package curlew.compat;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.easemob.im.server.api.group.list.GroupResource;
import com.easemob.im.server.api.group.list.JoinGroupResource;
import com.easemob.im.server.exception.EMBadRequestException;
import com.easemob.im.server.exception.EMForbiddenException;
import com.easemob.im.server.exception.EMNotFoundException;
import com.easemob.im.server.model.EMGroup;
import com.easemob.im.server.model.EMPage;
import com.easemob.im.server.model.EMRemoveMember;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Groups. The names of the tests begin with the ids of docs/easemob-calls.md. */
@EnabledIfSystemProperty(named = "curlew.stack", matches = ".+", disabledReason = "make compat names the stack")
class GroupsTest {
    private static App app;

    @BeforeAll
    static void an_app() throws IOException {
        app = App.create("groups");
    }

    private static void users(String... names) {
        for (String name : names) {
            app.sdk.user().create(name, "secret").block();
        }
    }

    /** A public group of an owner and members, who are made known. */
    private static String group(String owner, String... members) {
        users(owner);
        users(members);
        return app.sdk.group().createPublicGroup(owner, owner + "'s", "about", List.of(members), 200, true).block();
    }

    private static EMGroup shown(String group) {
        return app.sdk.group().getGroup(group).block();
    }

    private static Set<String> members(String group) {
        return Set.copyOf(app.sdk.group().listAllGroupMembers(group).collectList().block());
    }

    @Test
    void G1_a_public_group_is_created() {
        users("g1-ann", "g1-bob");
        String group = app.sdk.group().createPublicGroup("g1-ann", "Lunch", "about lunch", List.of("g1-bob"), 300, true, "mine").block();
        EMGroup shown = shown(group);
        assertEquals(group, shown.getGroupId());
        assertEquals("Lunch", shown.getName());
        assertEquals("about lunch", shown.getDescription());
        assertEquals("g1-ann", shown.getOwner());
        assertEquals("mine", shown.getCustom());
        assertEquals(300, shown.getMaxMembers());
        assertTrue(shown.getIsPublic());
        assertTrue(shown.getNeedApproveToJoin());
        assertFalse(shown.getCanMemberInviteOthers());
        assertFalse(shown.getIsMute());
        assertEquals(2, shown.getAffiliationsCount());
    }

    @Test
    void G1_a_private_group_is_created() {
        users("g1-cat", "g1-dan");
        String group = app.sdk.group().createPrivateGroup("g1-cat", "Secret", "about", List.of("g1-dan"), 200, true).block();
        EMGroup shown = shown(group);
        assertFalse(shown.getIsPublic());
        assertTrue(shown.getCanMemberInviteOthers());
        assertFalse(shown.getNeedApproveToJoin());
        assertEquals(Set.of("g1-dan"), members(group));
    }

    @Test
    void G1_a_group_without_members_is_created() {
        users("g1-eve");
        String group = app.sdk.group().createPublicGroup("g1-eve", "Alone", "about", List.of(), 200, false).block();
        assertEquals(1, shown(group).getAffiliationsCount());
        assertEquals(Set.of(), members(group));
    }

    @Test
    void G1_a_group_keeps_the_id_that_it_is_given() {
        users("g1-fay");
        String given = "1640079142321";
        String group = app.sdk.group()
                .createPrivateGroup(given, "g1-fay", "Own id", "about", List.of(), 200, true, false, false, "c", false).block();
        assertEquals(given, group);
        Refusal.of(EMBadRequestException.class, 400, given, () -> app.sdk.group()
                .createPublicGroup(given, "g1-fay", "Own id", "about", List.of(), 200, true, "c", false).block());
    }

    @Test
    void G2_a_group_is_shown_with_its_members() {
        String group = group("g2-ann", "g2-bob", "g2-cat");
        EMGroup shown = shown(group);
        assertEquals(3, shown.getAffiliationsCount());
        assertEquals("g2-ann", shown.getAffiliations().getOwner());
        String[] members = shown.getAffiliations().getMembers();
        Arrays.sort(members);
        assertArrayEquals(new String[] {"g2-bob", "g2-cat"}, members);
    }

    @Test
    void G2_an_unknown_group_is_not_found() {
        Refusal.of(EMNotFoundException.class, 404, "", () -> shown("g2-none"));
    }

    @Test
    void G4_a_group_is_changed() {
        String group = group("g4-ann");
        app.sdk.group().updateGroup(group, change -> change.setName("New").setDescription("new").setMaxMembers(500)
                .setCanMemberInviteOthers(true).setNeedApproveToJoin(false).setNeedInviteConfirm(false).setCustom("new")).block();
        EMGroup shown = shown(group);
        assertEquals("New", shown.getName());
        assertEquals("new", shown.getDescription());
        assertEquals("new", shown.getCustom());
        assertEquals(500, shown.getMaxMembers());
        assertTrue(shown.getCanMemberInviteOthers());
        assertFalse(shown.getNeedApproveToJoin());
        assertEquals("g4-ann", shown.getOwner());
    }

    @Test
    void G4_an_unknown_group_is_not_changed() {
        Refusal.of(EMNotFoundException.class, 404, "",
                () -> app.sdk.group().updateGroup("g4-none", change -> change.setName("New")).block());
    }

    @Test
    void G5_a_group_gets_another_owner() {
        String group = group("g5-ann", "g5-bob");
        app.sdk.group().updateGroupOwner(group, "g5-bob").block();
        assertEquals("g5-bob", shown(group).getOwner());
        assertEquals(Set.of("g5-ann"), members(group));
        Refusal.of(EMNotFoundException.class, 404, "", () -> app.sdk.group().updateGroupOwner("g5-none", "g5-bob").block());
    }

    @Test
    void G6_a_group_is_assigned_to_another_owner() {
        String group = group("g6-ann", "g6-bob");
        app.sdk.group().assignGroup(group, "g6-bob").block();
        assertEquals("g6-bob", shown(group).getOwner());
        assertNull(app.sdk.group().assignGroup("g6-none", "g6-bob").block());
    }

    @Test
    void G7_groups_are_listed_newest_first_in_pages() {
        users("g7-ann");
        List<String> created = new ArrayList<>();
        for (int count = 0; count < 5; count++) {
            created.add(0, app.sdk.group().createPublicGroup("g7-ann", "g7-" + count, "about", List.of(), 200, true).block());
        }
        List<String> all = app.sdk.group().listAllGroups().collectList().block();
        assertEquals(created, all.stream().filter(created::contains).toList());
        List<String> paged = new ArrayList<>();
        EMPage<String> page = app.sdk.group().listGroups(2, null).block();
        paged.addAll(page.getValues());
        while (page.getCursor() != null) {
            assertTrue(page.getValues().size() <= 2);
            page = app.sdk.group().listGroups(2, page.getCursor()).block();
            paged.addAll(page.getValues());
        }
        assertEquals(created, paged.stream().filter(created::contains).toList());
        assertEquals(paged.size(), paged.stream().distinct().count());
    }

    @Test
    void G7_groups_are_listed_with_what_they_are() {
        String group = group("g7-bob", "g7-cat");
        List<GroupResource> all = app.sdk.group().listAllGroupsWithInfo().collectList().block();
        GroupResource found = all.stream().filter(one -> one.getGroupId().equals(group)).findFirst().orElseThrow();
        assertEquals("g7-bob's", found.getGroupName());
        assertEquals("g7-bob", found.getOwner());
        assertEquals(2, found.getAffiliations());
        List<GroupResource> first = app.sdk.group().listGroupsWithInfo(1, null).block().getValues();
        assertEquals(1, first.size());
    }

    @Test
    void G8_the_groups_of_a_user_are_listed() {
        String group = group("g8-ann", "g8-bob");
        assertEquals(List.of(group), app.sdk.group().listGroupsUserJoined("g8-bob").collectList().block());
        List<JoinGroupResource> joined = app.sdk.group().listGroupsUserJoinedWithInfo("g8-ann").collectList().block();
        assertEquals(List.of(new JoinGroupResource(group, "g8-ann's")), joined);
        users("g8-cat");
        assertEquals(List.of(), app.sdk.group().listGroupsUserJoined("g8-cat").collectList().block());
    }

    @Test
    void G9_the_groups_of_a_user_are_listed_in_pages() {
        Set<String> created = Set.of(group("g9-ann", "g9-zoe"), group("g9-bob"), group("g9-cat"));
        for (String group : created) {
            if (!members(group).contains("g9-zoe")) {
                app.sdk.group().addGroupMember(group, "g9-zoe").block();
            }
        }
        List<String> paged = new ArrayList<>();
        for (int page = 1; page <= 3; page++) {
            List<JoinGroupResource> joined = app.sdk.group().listGroupsUserJoinedWithInfo("g9-zoe", page, 2).block();
            joined.forEach(one -> paged.add(one.getGroupId()));
        }
        assertEquals(3, paged.size());
        assertEquals(created, Set.copyOf(paged));
    }

    @Test
    void G10_members_are_listed_by_name_without_the_owner() {
        String group = group("g10-ann", "g10-bob", "g10-cat", "g10-dan");
        assertEquals(Set.of("g10-bob", "g10-cat", "g10-dan"), members(group));
        List<String> paged = new ArrayList<>();
        EMPage<String> page = app.sdk.group().listGroupMembers(group, 2, null).block();
        paged.addAll(page.getValues());
        while (page.getCursor() != null) {
            page = app.sdk.group().listGroupMembers(group, 2, page.getCursor()).block();
            paged.addAll(page.getValues());
        }
        assertEquals(3, paged.size(), paged.toString());
        assertEquals(members(group), Set.copyOf(paged));
    }

    @Test
    void G10_members_are_sorted_by_the_time_of_joining() {
        String group = group("g10-eve");
        List<String> joined = List.of("g10-zoe", "g10-fay", "g10-max");
        for (String name : joined) {
            users(name);
            app.sdk.group().addGroupMember(group, name).block();
        }
        assertEquals(joined, app.sdk.group().listAllGroupMembers(group, "asc").collectList().block());
        List<String> reverse = new ArrayList<>(joined);
        Collections.reverse(reverse);
        assertEquals(reverse, app.sdk.group().listAllGroupMembers(group, "desc").collectList().block());
    }

    @Test
    void G12_a_member_is_added() {
        String group = group("g12-ann");
        users("g12-bob");
        app.sdk.group().addGroupMember(group, "g12-bob").block();
        assertEquals(Set.of("g12-bob"), members(group));
    }

    @Test
    void G12_a_member_is_not_added_twice() {
        String group = group("g12-cat", "g12-dan");
        Refusal.of(EMForbiddenException.class, 403, "g12-dan", () -> app.sdk.group().addGroupMember(group, "g12-dan").block());
    }

    @Test
    void G12_an_unknown_group_gets_no_member() {
        users("g12-eve");
        Refusal.of(EMNotFoundException.class, 404, "g12-none", () -> app.sdk.group().addGroupMember("g12-none", "g12-eve").block());
    }

    @Test
    void G12_a_full_group_gets_no_member() {
        users("g12-fay", "g12-gus", "g12-hal");
        String group = app.sdk.group().createPublicGroup("g12-fay", "Full", "about", List.of("g12-gus"), 2, true).block();
        Refusal.of(EMForbiddenException.class, 403, "", () -> app.sdk.group().addGroupMember(group, "g12-hal").block());
        assertEquals(Set.of("g12-gus"), members(group));
    }

    @Test
    void G13_members_are_added() {
        String group = group("g13-ann", "g13-bob");
        users("g13-cat", "g13-dan");
        app.sdk.group().addGroupMembers(group, List.of("g13-bob", "g13-cat", "g13-dan")).block();
        assertEquals(Set.of("g13-bob", "g13-cat", "g13-dan"), members(group));
    }

    @Test
    void G13_no_more_than_sixty_members_are_added_at_once() throws IOException {
        // The SDK refuses them itself; other clients send them.
        String many = IntStream.range(0, 61).mapToObj(count -> "'g13-u" + count + "'").collect(Collectors.joining(","));
        App.Answer refused = app.answer("POST", "/chatgroups/" + group("g13-eve") + "/users", App.json("{'usernames':[" + many + "]}"));
        assertEquals(403, refused.status());
        assertEquals("exceed_limit", refused.body().get("error").getAsString());
    }

    @Test
    void G14_a_member_is_removed() {
        String group = group("g14-ann", "g14-bob");
        app.sdk.group().removeGroupMember(group, "g14-bob").block();
        assertEquals(Set.of(), members(group));
        assertEquals(1, shown(group).getAffiliationsCount());
    }

    @Test
    void G14_an_owner_does_not_leave() {
        String group = group("g14-cat");
        Refusal.of(EMForbiddenException.class, 403, "owner", () -> app.sdk.group().removeGroupMember(group, "g14-cat").block());
        assertEquals("g14-cat", shown(group).getOwner());
    }

    @Test
    void G14_an_unknown_group_is_passed_over() {
        assertNull(app.sdk.group().removeGroupMember("g14-none", "g14-cat").block());
    }

    @Test
    void G15_members_are_removed_one_by_one() {
        String group = group("g15-ann", "g15-bob", "g15-cat", "g15-dan");
        List<EMRemoveMember> removed = app.sdk.group().removeGroupMembers(group, List.of("g15-bob", "g15-cat", "g15-nobody")).block();
        assertEquals(3, removed.size());
        for (EMRemoveMember one : removed) {
            assertEquals(!one.getMemberName().equals("g15-nobody"), one.getIsSuccess(), one.toString());
        }
        assertEquals(Set.of("g15-dan"), members(group));
    }

    @Test
    void G16_a_destroyed_group_is_gone() {
        String group = group("g16-ann", "g16-bob");
        app.sdk.group().destroyGroup(group).block();
        Refusal.of(EMNotFoundException.class, 404, "", () -> shown(group));
        assertEquals(List.of(), app.sdk.group().listGroupsUserJoined("g16-bob").collectList().block());
        assertNull(app.sdk.group().destroyGroup("g16-none").block());
    }

    @Test
    void G18_G19_G20_admins_are_added_and_removed() {
        String group = group("g18-ann", "g18-bob", "g18-cat");
        app.sdk.group().addGroupAdmin(group, "g18-bob").block();
        assertEquals(List.of("g18-bob"), app.sdk.group().listGroupAdmins(group).collectList().block());
        app.sdk.group().removeGroupAdmin(group, "g18-bob").block();
        assertEquals(List.of(), app.sdk.group().listGroupAdmins(group).collectList().block());
    }

    @Test
    void G23_G24_an_announcement_is_shown() {
        String group = group("g23-ann");
        assertEquals("", app.sdk.group().getGroupAnnouncement(group).block());
        app.sdk.group().updateGroupAnnouncement(group, "Lunch at noon 吃饭").block();
        assertEquals("Lunch at noon 吃饭", app.sdk.group().getGroupAnnouncement(group).block());
    }

    @Test
    void N22_N23_N24_nobody_is_blocked_from_a_group() {
        String group = group("n22-ann");
        String missing = "blocking users of a group";
        Refusal.of(EMNotFoundException.class, 404, missing, () -> app.sdk.block().getUsersBlockedJoinGroup(group).collectList().block());
        Refusal.of(EMNotFoundException.class, 404, missing, () -> app.sdk.block().blockUserJoinGroup("n22-bob", group).block());
        Refusal.of(EMNotFoundException.class, 404, missing, () -> app.sdk.block().unblockUserJoinGroup("n22-bob", group).block());
    }

    @Test
    void N25_N26_N27_nobody_is_muted_in_a_group() {
        String group = group("n25-ann");
        String missing = "muting members";
        Duration hour = Duration.ofHours(1);
        Refusal.of(EMNotFoundException.class, 404, missing, () -> app.sdk.block().getUsersBlockedSendMsgToGroup(group).collectList().block());
        Refusal.of(EMNotFoundException.class, 404, missing, () -> app.sdk.block().blockUserSendMsgToGroup("n25-bob", group, hour).block());
        Refusal.of(EMNotFoundException.class, 404, missing, () -> app.sdk.block().unblockUserSendMsgToGroup("n25-bob", group).block());
    }
}
