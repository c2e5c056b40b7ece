//! Group messages, from the call to the phones and the traces.

use curlew_tests::simulators::{fcm, huawei};
use serde_json::{Value, json};
use shared::{
    domain::{
        decision::Verdict,
        group::{MAX_DIRECTED, MAX_FIRST_MEMBERS, MAX_GROUPS, PAGE_MEMBERS},
        id::{GroupId, MessageId, UserId},
        reason::Reason,
        vendor::Vendor,
    },
    ports::{
        apps::{ManageApps, ReadApps},
        clock::Clock,
        group_messages::ReadGroupMessage,
        groups::ManageGroups,
        messages::StoredMessage,
    },
};

use super::{
    harness::{FCM, HUAWEI, Stack, TestApp},
    socket::Socket,
};

/// An app with a group.
pub struct World {
    pub stack: Stack,
    pub app: TestApp,
}

impl World {
    pub async fn start(members: &[&str]) -> Self {
        let stack = Stack::start();
        let app = stack.app("chat", json!({})).await;
        let body = json!({"groupid": "birds", "groupname": "The birds", "members": members});
        stack.ok("POST", &app.path("chatgroups"), &app.token, body).await;
        Self { stack, app }
    }

    pub async fn limit(&self, members: u32) {
        let mut app = self.stack.apps.app(&self.app.key).await.unwrap().unwrap().app;
        app.settings.large_group_limit = members;
        self.stack.apps.change_app(&app).await.unwrap();
    }

    /// Adds members with a phone of Huawei each. Returns the phones' tokens.
    pub async fn with_phones(&self, users: &[&str]) -> Vec<String> {
        let mut tokens = Vec::new();
        for user in users {
            let token = huawei::device_token();
            self.stack.bind(&self.app, user, &format!("phone-of-{user}"), HUAWEI, &token).await;
            tokens.push(token);
        }
        tokens
    }

    /// Adds this many more members to the group.
    async fn crowd(&self, number: usize) {
        let users: Vec<UserId> = (0..number).map(|number| user(&format!("u{number:05}"))).collect();
        self.stack.groups.add_members(&self.app.key, &group(), &users, self.stack.clock.now()).await.unwrap();
    }

    pub async fn call(&self, path: &str, more: Value) -> (u16, Value) {
        let mut body = json!({"from": "carol", "to": ["birds"], "type": "txt", "body": {"msg": "hello"}});
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        self.stack.call("POST", &self.app.path(path), &self.app.token, &body).await
    }

    async fn send(&self, more: Value) -> MessageId {
        let (status, answer) = self.call("messages/chatgroups", more).await;
        assert_eq!(status, 200, "{answer}");
        MessageId::parse(answer["data"]["birds"].as_str().unwrap()).unwrap()
    }

    async fn send_to(&self, group: &str) {
        let (status, answer) = self.call("messages/chatgroups", json!({"to": [group]})).await;
        assert_eq!(status, 200, "{answer}");
    }

    async fn found(&self, id: MessageId, who: &str) -> Option<StoredMessage> {
        self.stack.messages.group_message(&self.app.key, Some(&group()), id, &user(who)).await.unwrap()
    }

    pub async fn suppression(&self, id: MessageId, who: &str) -> Option<Reason> {
        match self.found(id, who).await.unwrap().decision.unwrap().verdict {
            Verdict::Push => None,
            Verdict::Skip { reason } => Some(reason),
        }
    }

    pub fn delivered(&self, tokens: &[String]) -> Vec<u64> {
        tokens.iter().map(|token| self.stack.delivered("huawei", token)).collect()
    }
}

fn group() -> GroupId {
    GroupId::parse("birds").unwrap()
}

fn user(name: &str) -> UserId {
    UserId::parse(name).unwrap()
}

#[tokio::test]
async fn a_group_message_reaches_every_offline_member_but_its_sender() {
    let world = World::start(&["ann", "bob", "carol", "dan", "eve"]).await;
    let tokens = world.with_phones(&["bob", "carol", "dan"]).await;
    let ann = fcm::device_token();
    world.stack.bind(&world.app, "ann", "phone", FCM, &ann).await;
    world.stack.report(&world.app, "dan", "phone-of-dan", "s1", "online").await;
    let id = world.send(json!({})).await;
    world.stack.drain().await;
    assert_eq!(world.stack.shown("fcm", &ann), 1);
    assert_eq!(world.delivered(&tokens), [1, 0, 0]);
    let shown = world.stack.simulators.device("huawei", &tokens[0]).shade.remove(0);
    let data = serde_json::to_string(&shown.delivery).unwrap();
    assert!(data.contains("birds") && data.contains(&id.to_string()), "{data}");
    assert_eq!(world.suppression(id, "dan").await, Some(Reason::UserOnline));
    assert_eq!(world.suppression(id, "eve").await, Some(Reason::NoUserExist));
    let bob = world.found(id, "bob").await.unwrap();
    assert_eq!((bob.decision.unwrap().verdict, bob.outcomes.len()), (Verdict::Push, 1));
    assert_eq!(world.found(id, "carol").await.unwrap().decision, None);
}

#[tokio::test]
async fn members_with_the_same_vendor_share_a_call_and_a_record() {
    let names: Vec<String> = (0..30).map(|number| format!("m{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let world = World::start(&names).await;
    let tokens = world.with_phones(&names).await;
    let id = world.send(json!({})).await;
    world.stack.step().await;
    world.stack.drain().await;
    assert_eq!(world.delivered(&tokens), [1; 30]);
    let counts = world.stack.simulators.counts();
    assert_eq!((counts.of("huawei").sends, counts.of("huawei").targets), (1, 30));
    assert_eq!(world.stack.messages.page_writes(id), [30]);
}

#[tokio::test]
async fn a_group_of_ten_thousand_is_never_held_at_once() {
    let world = World::start(&["ann", "zoe"]).await;
    world.limit(20_000).await;
    let tokens = world.with_phones(&["ann", "zoe"]).await;
    world.crowd(10_000).await;
    let id = world.send(json!({})).await;
    world.stack.drain().await;
    assert_eq!(world.delivered(&tokens), [1, 1]);
    assert_eq!(world.stack.groups.largest_page(&world.app.key, &group()), PAGE_MEMBERS + 1);
    let writes = world.stack.messages.page_writes(id);
    assert_eq!(writes.iter().sum::<usize>(), 10_002);
    assert!(writes.iter().all(|records| *records <= PAGE_MEMBERS), "{writes:?}");
    // Each member's trace is stored with the page of that member.
    for who in ["u00498", "u00499", "u09999", "zoe"] {
        let found = world.stack.messages.group_message(&world.app.key, None, id, &user(who)).await.unwrap().unwrap();
        assert!(found.decision.is_some(), "{who}");
    }
    assert_eq!(world.suppression(id, "u09999").await, Some(Reason::NoUserExist));
}

#[tokio::test]
async fn behind_the_last_page_of_a_full_group_there_is_no_other() {
    for (members, more) in [(PAGE_MEMBERS, 0), (PAGE_MEMBERS + 1, 1)] {
        let world = World::start(&[]).await;
        world.crowd(members).await;
        world.send(json!({})).await;
        world.stack.step().await;
        assert_eq!(world.stack.dispatch_queue.group_jobs().len(), more, "{members} members");
    }
}

#[tokio::test]
async fn members_who_join_while_pages_are_read_push_nobody_out() {
    let world = World::start(&["yan", "zoe"]).await;
    let tokens = world.with_phones(&["yan", "zoe"]).await;
    world.crowd(2 * PAGE_MEMBERS - 2).await;
    let id = world.send(json!({})).await;
    world.stack.step().await;
    let joined = [user("u00500a"), user("u00500b")];
    world.stack.groups.add_members(&world.app.key, &group(), &joined, world.stack.clock.now()).await.unwrap();
    world.stack.drain().await;
    assert_eq!(world.delivered(&tokens), [1, 1]);
    for who in ["u00000", "u00499", "u00500", "u00500b", "u00997"] {
        assert_eq!(world.suppression(id, who).await, Some(Reason::NoUserExist), "{who}");
    }
}

#[tokio::test]
async fn a_group_above_the_limit_is_decided_once_and_pushes_nobody() {
    let world = World::start(&["ann", "bob", "cat"]).await;
    world.limit(2).await;
    let tokens = world.with_phones(&["ann"]).await;
    let id = world.send(json!({})).await;
    world.stack.drain().await;
    assert_eq!(world.delivered(&tokens), [0]);
    assert_eq!(world.suppression(id, "ann").await, Some(Reason::LargeGroup));
    assert_eq!(world.stack.messages.page_writes(id), Vec::<usize>::new());
    assert_eq!(world.stack.groups.largest_page(&world.app.key, &group()), 0);

    let left = world.app.path("chatgroups/birds/users/cat");
    world.stack.ok("DELETE", &left, &world.app.token, json!({})).await;
    world.send(json!({})).await;
    world.stack.drain().await;
    assert_eq!(world.delivered(&tokens), [1]);
}

#[tokio::test]
async fn what_ends_for_every_member_alike_is_decided_once() {
    let world = World::start(&["ann"]).await;
    let tokens = world.with_phones(&["ann"]).await;
    let silent = world.send(json!({"ext": {"em_ignore_notification": true}})).await;
    let unstored = world.send(json!({"routetype": "ROUTE_ONLINE"})).await;
    world.stack.drain().await;
    assert_eq!(world.suppression(silent, "ann").await, Some(Reason::MessageIgnorePush));
    assert_eq!(world.found(unstored, "ann").await, None);
    assert_eq!(world.delivered(&tokens), [0]);
    // Members are read only for their connections.
    assert_eq!(world.stack.messages.page_writes(silent), Vec::<usize>::new());
}

#[tokio::test]
async fn a_page_that_is_redelivered_pushes_nobody_twice() {
    let world = World::start(&["ann", "bob", "zoe"]).await;
    let tokens = world.with_phones(&["ann", "bob", "zoe"]).await;
    world.crowd(PAGE_MEMBERS).await;
    world.send(json!({})).await;
    let first_page = world.stack.dispatch_queue.take(1);
    world.stack.dispatch_batch(&first_page, 1).await;
    world.stack.drain().await;
    assert_eq!(world.delivered(&tokens), [1, 1, 1]);
    // The function was killed before the queue got its answer.
    world.stack.dispatch_batch(&first_page, 2).await;
    world.stack.drain().await;
    assert_eq!(world.delivered(&tokens), [1, 1, 1]);
}

#[tokio::test]
async fn a_push_job_that_is_redelivered_pushes_nobody_twice() {
    let world = World::start(&["ann", "bob"]).await;
    let tokens = world.with_phones(&["ann", "bob"]).await;
    world.send(json!({})).await;
    let page = world.stack.dispatch_queue.take(1);
    world.stack.dispatch_batch(&page, 1).await;
    let jobs = world.stack.push_queues.of(Vendor::Huawei).take(10);
    world.stack.push_batch(Vendor::Huawei, &jobs, 1).await;
    world.stack.push_batch(Vendor::Huawei, &jobs, 2).await;
    assert_eq!((jobs.len(), world.delivered(&tokens)), (1, vec![1, 1]));
}

#[tokio::test]
async fn whatever_fails_on_the_way_every_member_is_decided() {
    let world = World::start(&["ann", "zoe"]).await;
    let tokens = world.with_phones(&["ann", "zoe"]).await;
    world.crowd(PAGE_MEMBERS).await;
    let stack = &world.stack;
    for method in ["state", "members"] {
        stack.groups.faults.fail_next_of(method, 2);
    }
    stack.users.faults.fail_next_of("facts", 3);
    stack.messages.faults.fail_next_of("record_page", 1);
    stack.messages.faults.lose_answer_of("record_page", 1);
    let id = world.send(json!({})).await;
    stack.drain().await;
    let left = [stack.groups.faults.left(), stack.users.faults.left(), stack.messages.faults.left()];
    assert_eq!(left, [0, 0, 0]);
    assert_eq!(world.delivered(&tokens), [1, 1]);
    for who in ["u00000", "u00499"] {
        assert_eq!(world.suppression(id, who).await, Some(Reason::NoUserExist), "{who}");
    }
    assert!(stack.dead_letters.is_empty());
}

#[tokio::test]
async fn a_decision_for_all_is_recorded_also_after_a_failure() {
    let world = World::start(&["ann", "bob"]).await;
    world.limit(1).await;
    world.stack.messages.faults.fail_next_of("record_for_all", 2);
    let id = world.send(json!({})).await;
    world.stack.drain().await;
    assert_eq!(world.suppression(id, "ann").await, Some(Reason::LargeGroup));
}

#[tokio::test]
async fn members_who_only_seem_connected_are_rechecked_together() {
    let world = World::start(&["ann", "bob", "cat"]).await;
    let tokens = world.with_phones(&["ann", "bob", "cat"]).await;
    for name in ["ann", "bob"] {
        world.stack.report(&world.app, name, &format!("phone-of-{name}"), "s1", "online").await;
    }
    world.stack.clock.advance(std::time::Duration::from_secs(200));
    let id = world.send(json!({})).await;
    world.stack.step().await;
    assert_eq!(world.delivered(&tokens), [0, 0, 1]);
    let waiting = world.stack.dispatch_queue.dispatch_jobs();
    assert_eq!(waiting.iter().map(|job| job.receivers.len()).collect::<Vec<_>>(), [2]);
    world.stack.drain().await;
    assert_eq!(world.delivered(&tokens), [1, 1, 1]);
    assert_eq!(world.suppression(id, "ann").await, None);
}

#[tokio::test]
async fn a_member_who_acknowledged_the_message_is_left_out_at_the_recheck() {
    let world = World::start(&["ann", "bob"]).await;
    let tokens = world.with_phones(&["ann", "bob"]).await;
    for name in ["ann", "bob"] {
        world.stack.report(&world.app, name, &format!("phone-of-{name}"), "s1", "online").await;
    }
    world.stack.clock.advance(std::time::Duration::from_secs(200));
    let id = world.send(json!({})).await;
    world.stack.step().await;
    let path = world.app.path("users/ann/offline_messages/ack");
    let answer = world.stack.ok("POST", &path, &world.app.token, json!({"msg_ids": [id]})).await;
    assert_eq!(answer["data"], json!({"acked": 1, "remaining": 0}));
    world.stack.drain().await;
    assert_eq!(world.delivered(&tokens), [0, 1]);
    assert_eq!(world.suppression(id, "ann").await, Some(Reason::MessageDelivered));
}

#[tokio::test]
async fn a_message_to_several_groups_has_an_id_for_each_and_an_unknown_group_reaches_nobody() {
    let world = World::start(&["ann"]).await;
    let tokens = world.with_phones(&["ann"]).await;
    let (status, answer) = world.call("messages/chatgroups", json!({"to": ["birds", "fish", "birds"]})).await;
    assert_eq!(status, 200, "{answer}");
    let data = answer["data"].as_object().unwrap();
    assert_eq!(data.keys().collect::<Vec<_>>(), ["birds", "fish"]);
    assert_ne!(data["birds"], data["fish"]);
    world.stack.drain().await;
    assert_eq!(world.delivered(&tokens), [1]);
}

#[tokio::test]
async fn a_call_above_its_limits_says_so() {
    let world = World::start(&["ann"]).await;
    let many = |number: usize| (0..number).map(|number| format!("x{number}")).collect::<Vec<_>>();
    let said = async |path: &str, more: Value| world.call(path, more).await.1["error_description"].clone();
    let groups = "messages/chatgroups";
    assert_eq!(said(groups, json!({"to": many(MAX_GROUPS + 1)})).await, "params to's size can't exceed limit 3");
    assert_eq!(said(groups, json!({"to": []})).await, "param to can't be empty");
    assert_eq!(said(groups, json!({"to": "birds"})).await, "to must be an array of group ids");
    let directed = "messages/chatgroups/users";
    let users = json!({"users": many(MAX_DIRECTED + 1)});
    assert_eq!(said(directed, users).await, "params users's size can't exceed limit 20");
    assert_eq!(said(directed, json!({})).await, "param users can't be empty");
    let two = json!({"to": ["a", "b"], "users": ["ann"]});
    assert_eq!(said(directed, two).await, "params to's size can't exceed limit 1");
    assert!(world.stack.dispatch_queue.is_empty());
}

#[tokio::test]
async fn a_call_that_was_cut_off_goes_on_with_the_ids_it_began_with() {
    let world = World::start(&["ann"]).await;
    let tokens = world.with_phones(&["ann"]).await;
    let body = json!({"to": ["birds", "fish"], "type": "txt", "body": {"msg": "hello"}}).to_string();
    let call = async || {
        let path = world.app.path("messages/chatgroups");
        let headers = [("idempotency-key", "k1")];
        world.stack.call_with("POST", &path, &world.app.token, &headers, body.clone()).await
    };
    world.stack.dispatch_queue.break_after(1);
    assert_eq!(call().await.0, 503);
    let queued = world.stack.dispatch_queue.group_jobs();
    let (status, answer) = call().await;
    assert_eq!((status, &answer["data"]["birds"]), (200, &json!(queued[0].msg_id)));
    assert_eq!(call().await.1["data"], answer["data"]);
    world.stack.drain().await;
    // Both jobs of the group ran at the same time. The second notification replaces the first.
    assert_eq!(world.stack.shown("huawei", &tokens[0]), 1);
}

#[tokio::test]
async fn the_owner_is_a_member_beside_a_hundred_others() {
    let world = World::start(&[]).await;
    let tokens = world.with_phones(&["boss"]).await;
    let (stack, app) = (&world.stack, &world.app);
    let members: Vec<String> = (0..MAX_FIRST_MEMBERS).map(|number| format!("m{number}")).collect();
    let create = json!({"groupid": "work", "owner": "Boss", "members": members});
    stack.ok("POST", &app.path("chatgroups"), &app.token, create).await;
    let shown = stack.ok("GET", &app.path("chatgroups/work"), &app.token, json!({})).await;
    assert_eq!((&shown["data"][0]["affiliations_count"], &shown["data"][0]["owner"]), (&json!(101), &json!("boss")));
    world.send_to("work").await;
    stack.drain().await;
    assert_eq!(world.delivered(&tokens), [1]);

    for (owner, members, count) in [("ann", json!(["ann", "bob"]), 2), ("ann", Value::Null, 1)] {
        let id = stack
            .ok("POST", &app.path("chatgroups"), &app.token, json!({"owner": owner, "members": members}))
            .await["data"]["groupid"]
            .clone();
        let path = app.path(&format!("chatgroups/{}", id.as_str().unwrap()));
        let shown = stack.ok("GET", &path, &app.token, json!({})).await;
        assert_eq!(shown["data"][0]["affiliations_count"], count);
    }
    for (owner, text) in [(json!(7), "owner must be a string"), (json!("a b"), "owner must")] {
        let (status, answer) = stack.call("POST", &app.path("chatgroups"), &app.token, &json!({"owner": owner})).await;
        assert!(status == 400 && answer["error_description"].as_str().unwrap().starts_with(text), "{answer}");
    }
}

#[tokio::test]
async fn a_group_that_is_switched_off_pushes_nobody_until_it_is_on_again() {
    let world = World::start(&["ann", "bob"]).await;
    let tokens = world.with_phones(&["ann", "bob"]).await;
    let (stack, app) = (&world.stack, &world.app);
    let switch = async |to: &str| {
        stack.ok("POST", &app.path(&format!("chatgroups/birds/{to}")), &app.token, json!({})).await;
    };
    switch("disable").await;
    let silent = world.send(json!({})).await;
    let (status, answer) = world.call("messages/chatgroups/users", json!({"users": ["ann"]})).await;
    assert_eq!(status, 200, "{answer}");
    stack.drain().await;
    assert_eq!(world.delivered(&tokens), [0, 0]);
    assert_eq!(world.suppression(silent, "ann").await, Some(Reason::GroupDisabled));
    // No members and no facts were read for it.
    assert_eq!(stack.messages.page_writes(silent), Vec::<usize>::new());
    assert_eq!(stack.groups.largest_page(&app.key, &group()), 0);
    let directed = MessageId::parse(answer["data"]["birds"].as_str().unwrap()).unwrap();
    assert_eq!(world.suppression(directed, "ann").await, Some(Reason::GroupDisabled));

    switch("enable").await;
    world.send(json!({})).await;
    stack.drain().await;
    assert_eq!(world.delivered(&tokens), [1, 1]);
}

#[tokio::test]
async fn what_failed_while_a_group_was_switched_off_is_pushed_by_no_repeat() {
    let world = World::start(&["ann"]).await;
    let tokens = world.with_phones(&["ann"]).await;
    let path = world.app.path("chatgroups/birds/disable");
    world.stack.ok("POST", &path, &world.app.token, json!({})).await;
    world.stack.users.faults.fail_next_of("facts", 1);
    let (status, answer) = world.call("messages/chatgroups/users", json!({"users": ["ann"]})).await;
    assert_eq!(status, 200, "{answer}");
    world.stack.drain().await;
    assert_eq!((world.stack.users.faults.left(), world.delivered(&tokens)), (0, vec![0]));
}

#[tokio::test]
async fn a_group_that_is_switched_off_posts_to_no_connection() {
    let world = World::start(&["ann"]).await;
    world.with_phones(&["ann"]).await;
    let socket = Socket::connect(&world.stack, &world.app, "ann", "phone-of-ann").await;
    world.stack.drain().await;
    socket.frames();
    let switch = async |to: &str| {
        let path = world.app.path(&format!("chatgroups/birds/{to}"));
        world.stack.ok("POST", &path, &world.app.token, json!({})).await;
    };
    switch("disable").await;
    for more in [json!({}), json!({"type": "cmd", "body": {"action": "typing"}}), json!({"routetype": "ROUTE_ONLINE"})]
    {
        world.send(more.clone()).await;
        let mut directed = more;
        directed["users"] = json!(["ann"]);
        assert_eq!(world.call("messages/chatgroups/users", directed).await.0, 200);
    }
    world.stack.drain().await;
    assert_eq!(socket.messages(), [] as [String; 0]);
    switch("enable").await;
    let id = world.send(json!({})).await;
    world.stack.drain().await;
    assert_eq!(socket.messages().first(), Some(&id.to_string()));
}
