//! No row is written under an old id: calls that stall or die, and their repeats.

use std::{collections::BTreeSet, time::Duration};

use curlew_tests::simulators::xiaomi;
use curlew_tests::simulators::xiaomi::account::NOTIFIER as XIAOMI;
use serde_json::{Value, json};
use shared::{
    crypto::encoding::sha256_bits,
    domain::{
        group::{GroupHead, GroupMessage},
        id::{GroupId, MessageId},
        message::{Content, MAX_ID_AGE, MAX_ID_AGE_AT_START},
    },
    lambda::idempotency::IDEMPOTENCY_KEY,
    ports::{
        clock::Clock,
        group_messages::StoreGroupMessages,
        groups::{RaiseHead, ReadMemberships},
    },
    testing::sample,
};

use super::harness::{Stack, TestApp};

/// After this time the key of a call that died is free.
const HELD: Duration = Duration::from_secs(35);
const KEY: [(&str, &str); 1] = [(IDEMPOTENCY_KEY, "k1")];

struct World {
    stack: Stack,
    app: TestApp,
    /// the phones' tokens
    tokens: Vec<String>,
}

impl World {
    /// Creates an app whose users have a phone each.
    async fn start(users: &[&str]) -> Self {
        let stack = Stack::start();
        let app = stack.app("chat", json!({})).await;
        let mut tokens = Vec::new();
        for user in users {
            let token = xiaomi::device_token();
            stack.bind(&app, user, "phone", XIAOMI, &token).await;
            tokens.push(token);
        }
        Self { stack, app, tokens }
    }

    async fn call(&self, path: &str, body: &Value, headers: &[(&str, &str)]) -> (u16, Value) {
        self.stack.call_with("POST", &self.app.path(path), &self.app.token, headers, body.to_string()).await
    }

    /// Handles everything that waits. Returns how many pushes each phone got, replaced ones included.
    async fn shown(&self) -> Vec<u64> {
        self.stack.drain().await;
        self.tokens.iter().map(|token| self.stack.delivered("xiaomi", token)).collect()
    }

    /// Returns the ids of the rows of one-to-one messages.
    fn rows(&self) -> BTreeSet<(String, String)> {
        let all = self.stack.messages.all(&self.app.key).into_iter();
        all.map(|(to, _)| (to.user.to_string(), to.msg_id.to_string())).collect()
    }

    fn rows_of(&self, group: &str) -> BTreeSet<MessageId> {
        let group = GroupId::parse(group).unwrap();
        self.stack.messages.all_of_group(&self.app.key, &group).into_iter().map(|message| message.msg_id).collect()
    }
}

fn to(users: &[&str]) -> Value {
    json!({"from": "bob", "to": users, "type": "txt", "body": {"msg": "hello"}})
}

/// Returns the message id of each receiver.
fn answered(answer: &Value) -> BTreeSet<(String, String)> {
    let ids = answer["data"].as_object().unwrap_or_else(|| panic!("no ids: {answer}"));
    ids.iter().map(|(user, id)| (user.clone(), id.as_str().unwrap().to_owned())).collect()
}

fn time(id: &str) -> i64 {
    MessageId::parse(id).unwrap().accepted_at().as_millis()
}

#[tokio::test]
async fn a_call_that_stalled_writes_nothing_and_is_asked_to_come_again() {
    let world = World::start(&["ann"]).await;
    world.stack.messages.faults.stall("store", &world.stack.clock, MAX_ID_AGE + Duration::from_millis(1));
    let (status, answer) = world.call("messages/users", &to(&["ann"]), &[]).await;
    assert_eq!((status, &answer["error"]), (503, &json!("service_unavailable")));
    assert_eq!((world.rows().len(), world.shown().await, world.stack.messages.faults.left()), (0, vec![0], 0));
    let (status, answer) = world.call("messages/users", &to(&["ann"]), &[]).await;
    assert_eq!((status, world.rows(), world.shown().await), (200, answered(&answer), vec![1]));
}

#[tokio::test]
async fn a_call_that_is_just_in_time_is_stored() {
    let world = World::start(&["ann"]).await;
    world.stack.messages.faults.stall("store", &world.stack.clock, MAX_ID_AGE);
    let (status, answer) = world.call("messages/users", &to(&["ann"]), &[]).await;
    assert_eq!((status, world.rows(), world.shown().await), (200, answered(&answer), vec![1]));
}

#[tokio::test]
async fn a_repeat_soon_after_goes_on_with_the_same_ids_and_looks_nothing_up() {
    let world = World::start(&["ann", "cat", "dan"]).await;
    let body = to(&["ann", "cat", "dan"]);
    world.stack.messages.faults.cut_off("store", 2);
    assert_eq!(world.call("messages/users", &body, &KEY).await.0, 503);
    let before = world.rows();
    world.stack.clock.advance(MAX_ID_AGE_AT_START);
    world.stack.messages.faults.fail_next_of("stored", 1);
    let (status, answer) = world.call("messages/users", &body, &KEY).await;
    assert_eq!((status, world.rows(), before.len()), (200, answered(&answer), 2));
    assert!(before.is_subset(&world.rows()));
    assert_eq!((world.shown().await, world.stack.messages.faults.left()), (vec![1, 1, 1], 1));
}

#[tokio::test]
async fn a_late_repeat_keeps_what_is_stored_and_names_the_rest_anew() {
    for late in [HELD, Duration::from_secs(20 * 3600)] {
        let world = World::start(&["ann", "cat", "dan"]).await;
        let body = to(&["ann", "cat", "dan"]);
        world.stack.messages.faults.cut_off("store", 2);
        assert_eq!(world.call("messages/users", &body, &KEY).await.0, 503);
        let before = world.rows();
        world.stack.clock.advance(late);
        let now = world.stack.clock.now().as_millis();
        let (status, answer) = world.call("messages/users", &body, &KEY).await;
        assert_eq!((status, world.rows()), (200, answered(&answer)));
        let new: Vec<i64> = world.rows().difference(&before).map(|(_, id)| time(id)).collect();
        assert_eq!((before.len(), new), (2, vec![now]));
        let (_, again) = world.call("messages/users", &body, &KEY).await;
        assert_eq!(again, answer);
        assert_eq!(world.shown().await, [1, 1, 1], "{late:?}");
    }
}

#[tokio::test]
async fn a_call_that_died_after_everything_was_queued_is_repeated_without_a_second_push() {
    let world = World::start(&["ann", "cat"]).await;
    let body = to(&["ann", "cat"]);
    world.stack.runtime.faults.fail_next_of("answer", 1);
    assert_eq!(world.call("messages/users", &body, &KEY).await.0, 503);
    let before = world.rows();
    assert_eq!(world.shown().await, [1, 1]);
    world.stack.clock.advance(HELD + MAX_ID_AGE);
    let (status, answer) = world.call("messages/users", &body, &KEY).await;
    assert_eq!((status, &world.rows(), answered(&answer)), (200, &before, before.clone()));
    assert_eq!(world.shown().await, [1, 1]);
}

#[tokio::test]
async fn a_message_without_a_row_keeps_its_id_however_late_it_is_repeated() {
    let world = World::start(&["ann"]).await;
    let mut body = to(&["ann"]);
    body["routetype"] = json!("ROUTE_ONLINE");
    let began = world.stack.clock.now().as_millis();
    world.stack.dispatch_queue.faults.lose_answer_of("queue_dispatch", 1);
    assert_eq!(world.call("messages/users", &body, &KEY).await.0, 503);
    world.stack.clock.advance(HELD + MAX_ID_AGE);
    let (status, answer) = world.call("messages/users", &body, &KEY).await;
    assert_eq!((status, time(answer["data"]["ann"].as_str().unwrap())), (200, began));
    assert_eq!(world.rows().len(), 0);
}

#[tokio::test]
async fn repeats_that_fail_as_well_leave_each_receiver_one_message() {
    let users = ["ann", "cat", "dan", "eve"];
    let world = World::start(&users).await;
    let body = to(&users);
    for rows in [1, 0, 1, 0, 1] {
        world.stack.messages.faults.cut_off("store", rows);
        assert_eq!(world.call("messages/users", &body, &KEY).await.0, 503);
        world.stack.clock.advance(HELD);
    }
    let (status, answer) = world.call("messages/users", &body, &KEY).await;
    assert_eq!((status, world.rows()), (200, answered(&answer)));
    let times: BTreeSet<i64> = world.rows().iter().map(|(_, id)| time(id)).collect();
    assert_eq!((world.rows().len(), times.len(), world.shown().await), (4, 4, vec![1, 1, 1, 1]));
}

#[tokio::test]
async fn a_repeat_that_cannot_keep_its_new_ids_writes_nothing() {
    let world = World::start(&["ann"]).await;
    world.stack.messages.faults.fail_next_of("store", 1);
    assert_eq!(world.call("messages/users", &to(&["ann"]), &KEY).await.0, 503);
    world.stack.clock.advance(HELD);
    world.stack.runtime.faults.fail_next_of("rename", 1);
    assert_eq!(world.call("messages/users", &to(&["ann"]), &KEY).await.0, 503);
    assert_eq!(world.rows().len(), 0);
    let (status, answer) = world.call("messages/users", &to(&["ann"]), &KEY).await;
    assert_eq!((status, world.rows(), world.shown().await), (200, answered(&answer), vec![1]));
}

#[tokio::test]
async fn of_two_late_repeats_at_once_one_runs() {
    let world = World::start(&["ann"]).await;
    world.stack.messages.faults.fail_next_of("store", 1);
    assert_eq!(world.call("messages/users", &to(&["ann"]), &KEY).await.0, 503);
    world.stack.clock.advance(HELD);
    let body = to(&["ann"]);
    // The first call is still running when the second arrives.
    world.stack.messages.faults.slow_down_of("stored", Duration::from_millis(20));
    let (one, other) =
        tokio::join!(world.call("messages/users", &body, &KEY), world.call("messages/users", &body, &KEY));
    let mut statuses = [one.0, other.0];
    statuses.sort_unstable();
    assert_eq!((statuses, world.rows().len(), world.shown().await), ([200, 409], 1, vec![1]));
}

#[tokio::test]
async fn a_late_repeat_of_a_batch_names_each_message_by_itself() {
    let world = World::start(&["ann", "cat"]).await;
    let message = |user: &str, text: &str| json!({"from": "bob", "to": [user], "type": "txt", "body": {"msg": text}});
    let body = json!({"messages": [message("ann", "one"), {"to": 1}, message("ann", "two"), message("cat", "three")]});
    world.stack.messages.faults.cut_off("store", 1);
    assert_eq!(world.call("messages/batch", &body, &KEY).await.0, 503);
    let before = world.rows();
    world.stack.clock.advance(HELD);
    let (status, answer) = world.call("messages/batch", &body, &KEY).await;
    assert_eq!(status, 200, "{answer}");
    let answers = answer["data"].as_array().unwrap();
    let given = answers.iter().filter(|one| one.get("msg_id").is_some());
    let given: BTreeSet<(String, String)> =
        given.map(|one| (one["to"].as_str().unwrap().to_owned(), one["msg_id"].as_str().unwrap().to_owned())).collect();
    assert_eq!((answers.len(), &given, before.len()), (4, &world.rows(), 1));
    assert!(before.is_subset(&given) && answers[1].get("error").is_some(), "{answer}");
    assert_eq!(world.shown().await, [2, 1]);
}

#[tokio::test]
async fn a_late_repeat_to_groups_keeps_what_is_stored_and_raises_the_head_for_the_rest() {
    let world = World::start(&["ann", "cat"]).await;
    for (group, member) in [("birds", "ann"), ("cats", "cat")] {
        let group = json!({"groupid": group, "members": [member]});
        world.stack.ok("POST", &world.app.path("chatgroups"), &world.app.token, group).await;
    }
    let body = to(&["birds", "cats"]);
    // The first group's message is stored. The call stalls before the second group's.
    world.stack.groups.faults.stall("raise_head", &world.stack.clock, Duration::ZERO);
    world.stack.groups.faults.stall("raise_head", &world.stack.clock, MAX_ID_AGE + Duration::from_millis(1));
    assert_eq!(world.call("messages/chatgroups", &body, &KEY).await.0, 503);
    let before = world.rows_of("birds");
    assert_eq!((before.len(), world.rows_of("cats").len(), world.shown().await), (1, 0, vec![0, 0]));
    let now = world.stack.clock.now().as_millis();
    let (status, answer) = world.call("messages/chatgroups", &body, &KEY).await;
    assert_eq!((status, &world.rows_of("birds")), (200, &before));
    let new = answer["data"]["cats"].as_str().unwrap();
    assert_eq!((world.rows_of("cats"), time(new)), (BTreeSet::from([new.parse().unwrap()]), now));
    assert_eq!(world.shown().await, [1, 1]);
    let groups = ["birds", "cats"].map(|name| GroupId::parse(name).unwrap());
    let heads = world.stack.groups.heads(&world.app.key, &groups).await.unwrap();
    let head = |n, last| Some(GroupHead { n, last });
    assert_eq!(heads, [head(1, *before.first().unwrap()), head(2, new.parse().unwrap())]);
}

#[tokio::test]
async fn a_call_to_groups_that_the_version_before_began_keeps_the_ids_of_what_is_stored() {
    for late in [Duration::ZERO, HELD, Duration::from_secs(20 * 3600)] {
        let world = World::start(&["ann", "cat"]).await;
        for (group, member) in [("birds", "ann"), ("cats", "cat")] {
            let group = json!({"groupid": group, "members": [member]});
            world.stack.ok("POST", &world.app.path("chatgroups"), &world.app.token, group).await;
        }
        let at = world.stack.clock.now();
        world.stack.groups.faults.fail_next_of("raise_head", 1);
        assert_eq!(world.call("messages/chatgroups", &to(&["birds", "cats"]), &KEY).await.0, 503);
        // The older version wrote only the row of the first group.
        let seed = sha256_bits(&format!("{}\n{}\n{at}\ngroup\nbirds", world.app.key, KEY[0].1));
        let (group, former) = (GroupId::parse("birds").unwrap(), MessageId::of_group(at, seed));
        let n = world.stack.groups.raise_head(&world.app.key, &group, former).await.unwrap();
        let content = Content { group: Some(group.clone()), ..sample::content("hello", at) };
        let message = GroupMessage { group, msg_id: former, n, users: None, content };
        world.stack.messages.store_for_group(&world.app.key, &message, &world.stack.clock).await.unwrap();
        world.stack.clock.advance(late);
        let (status, answer) = world.call("messages/chatgroups", &to(&["birds", "cats"]), &KEY).await;
        assert_eq!((status, &answer["data"]["birds"]), (200, &json!(former)), "{late:?}");
        assert_eq!((world.rows_of("birds"), world.rows_of("cats").len()), (BTreeSet::from([former]), 1));
        assert_eq!(world.shown().await, [1, 1]);
    }
}

#[tokio::test]
async fn a_message_to_some_members_names_them_and_raises_the_head() {
    let world = World::start(&["ann", "cat"]).await;
    let group = json!({"groupid": "birds", "members": ["ann", "bob", "cat"]});
    world.stack.ok("POST", &world.app.path("chatgroups"), &world.app.token, group).await;
    let birds = GroupId::parse("birds").unwrap();
    let other = world.stack.groups.raise_head(&world.app.key, &birds, MessageId::of_group(world.stack.clock.now(), 0));
    assert_eq!(other.await.unwrap(), 1);
    let mut body = to(&["birds"]);
    body["users"] = json!(["cat", "bob"]);
    let (status, answer) = world.call("messages/chatgroups/users", &body, &[]).await;
    assert_eq!(status, 200, "{answer}");
    let mut stored = world.stack.messages.all_of_group(&world.app.key, &birds);
    let message = stored.remove(0);
    let users: Vec<String> = message.users.unwrap().iter().map(ToString::to_string).collect();
    assert_eq!((message.n, users, stored.len()), (2, vec!["cat".to_owned()], 0));
    assert_eq!(world.shown().await, [0, 1]);
}

#[tokio::test]
async fn a_message_for_connected_devices_alone_raises_no_head() {
    let world = World::start(&["ann"]).await;
    let group = json!({"groupid": "birds", "members": ["ann"]});
    world.stack.ok("POST", &world.app.path("chatgroups"), &world.app.token, group).await;
    let mut body = to(&["birds"]);
    body["routetype"] = json!("ROUTE_ONLINE");
    assert_eq!(world.call("messages/chatgroups", &body, &[]).await.0, 200);
    let heads = world.stack.groups.heads(&world.app.key, &[GroupId::parse("birds").unwrap()]).await.unwrap();
    assert_eq!((heads, world.rows_of("birds").len()), (vec![None], 0));
}
