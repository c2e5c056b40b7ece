//! Erasure of a user: the data is hidden at once, and deleted from the tables soon after, whatever happens meanwhile.

use std::time::Duration;

use curlew_tests::simulators::{fcm, huawei};
use serde_json::{Value, json};
use shared::{
    domain::{directory::Shard, id::MessageId, message::Receiver, reason::Reason, vendor::Vendor},
    ports::{
        acks::AcknowledgeMessages,
        clock::Clock,
        directory::ReadDirectory,
        erasure::{ERASURE_RETENTION, KeepsMessages},
        groups::ReadMemberships,
        messages::StoreMessages,
        users::TrackPresence,
    },
    testing::{chance::FixedClock, sample},
};

use super::{
    harness::{FCM, HUAWEI, Stack, TestApp},
    socket::{Socket, handshake, user_token},
};

/// Returns an app with Ann, whose phone is bound and offline. Bob has everything that Ann has.
async fn world() -> (Stack, TestApp, String) {
    let stack = Stack::start();
    let app = stack.app("erasure", json!({"advanced_push": true})).await;
    let token = fcm::device_token();
    stack.bind(&app, "ann", "phone", FCM, &token).await;
    stack.bind(&app, "bob", "phone", FCM, &fcm::device_token()).await;
    for name in ["ann", "bob"] {
        stack.report(&app, name, "tablet", "s1", "online").await;
        stack.report(&app, name, "tablet", "s1", "offline").await;
        let users = app.path(&format!("users/{name}"));
        stack.ok("PUT", &users, &app.token, json!({"nickname": name})).await;
        let conversation = format!("{users}/notification/user/peer");
        stack.ok("PUT", &conversation, &app.token, json!({"type": "NONE"})).await;
    }
    stack.clock.advance(Duration::from_millis(10));
    (stack, app, token)
}

async fn erase(stack: &Stack, app: &TestApp, name: &str) -> (u16, Value) {
    let answer = stack.call("DELETE", &app.path(&format!("users/{name}")), &app.token, &json!({})).await;
    stack.clock.advance(Duration::from_millis(1));
    answer
}

async fn trace(stack: &Stack, app: &TestApp, name: &str, id: MessageId) -> u16 {
    stack.call("GET", &app.path(&format!("push/trace/{id}?user={name}")), &app.token, &json!({})).await.0
}

/// Returns how many messages of the user are stored.
fn kept(stack: &Stack, app: &TestApp, name: &str) -> usize {
    stack.messages.all(&app.key).iter().filter(|(receiver, _)| receiver.user.as_str() == name).count()
}

async fn is_listed(stack: &Stack, app: &TestApp, name: &str) -> bool {
    let user = sample::user(name);
    stack.users.users(&app.key, Shard::of(&user), None, 100).await.unwrap().contains(&user)
}

async fn groups_of(stack: &Stack, app: &TestApp, name: &str) -> Vec<String> {
    let memberships = stack.groups.groups_of(&app.key, &sample::user(name)).await.unwrap();
    memberships.into_iter().map(|membership| membership.group.to_string()).collect()
}

#[tokio::test]
async fn an_erased_user_is_unknown_at_once_and_a_little_later_nothing_is_left() {
    let (stack, app, token) = world().await;
    let group = json!({"groupid": "g1", "owner": "bob", "members": ["ann", "cid"]});
    stack.ok("POST", &app.path("chatgroups"), &app.token, group).await;
    let ids = stack.send(&app, &["ann", "bob"], json!({})).await;
    stack.drain().await;
    stack.messages.acknowledge(&app.key, &sample::user("ann"), &ids[..1]).await.unwrap();
    assert_eq!((trace(&stack, &app, "ann", ids[0]).await, stack.shown("fcm", &token)), (200, 1));

    let (status, answer) = erase(&stack, &app, "ann").await;
    assert_eq!((status, &answer["entities"]), (200, &json!([{"username": "ann"}])));
    // The data is hidden at once, before a record is taken from a queue.
    let users = app.path("users/ann");
    assert_eq!(stack.call("GET", &users, &app.token, &json!({})).await.0, 404);
    assert_eq!(trace(&stack, &app, "ann", ids[0]).await, 404);
    let bound = stack.ok("GET", &format!("{users}/push/binding"), &app.token, json!({})).await;
    assert_eq!(bound["entities"], json!([]));
    let conversation = stack.ok("GET", &format!("{users}/notification/user/peer"), &app.token, json!({})).await;
    assert_eq!(conversation["data"]["type"], "DEFAULT");
    assert!(!is_listed(&stack, &app, "ann").await);

    stack.drain().await;
    assert!(!stack.messages.keeps_messages(&app.key, &sample::user("ann"), None).await.unwrap());
    assert_eq!(groups_of(&stack, &app, "ann").await, [] as [&str; 0]);
    let group = stack.ok("GET", &app.path("chatgroups/g1"), &app.token, json!({})).await;
    assert_eq!(group["data"][0]["affiliations_count"], 2);
    // Everything of Bob is still there.
    assert_eq!((trace(&stack, &app, "bob", ids[1]).await, kept(&stack, &app, "bob")), (200, 1));
    assert_eq!(groups_of(&stack, &app, "bob").await, ["g1"]);
    assert!(is_listed(&stack, &app, "bob").await);
    let bob = stack.ok("GET", &app.path("users/bob"), &app.token, json!({})).await;
    assert_eq!(bob["entities"][0]["nickname"], "bob");
    assert!(stack.erase_queue.is_empty() && stack.dead_letters.is_empty());
}

#[tokio::test]
async fn a_message_to_an_erased_user_ends_as_one_to_nobody() {
    let (stack, app, token) = world().await;
    erase(&stack, &app, "ann").await;
    let id = stack.send(&app, &["ann"], json!({})).await[0];
    while stack.step().await {}
    assert_eq!(stack.suppression(&app, "ann", id).await, Some(Reason::NoUserExist));
    assert_eq!(stack.shown("fcm", &token), 0);
}

#[tokio::test]
async fn late_events_of_an_erased_users_connections_bring_nothing_back() {
    let (stack, app, _) = world().await;
    erase(&stack, &app, "ann").await;
    for (device, status) in
        [("tablet", "heartbeat"), ("tablet", "offline"), ("tablet", "kicked"), ("phone", "kicked"), ("phone", "logout")]
    {
        let event =
            json!({"user": "ann", "device_id": device, "session": "s1", "status": status, "ts": stack.clock.now()});
        let body = json!({"events": [event]});
        let answer = stack.ok("POST", &app.path("presence/events"), &app.token, body).await;
        assert_eq!(answer["data"][0]["result"], "stale", "{status}");
    }
    let log_out = json!({"device_id": "phone", "unbind_token": true});
    stack.ok("POST", &app.path("users/ann/push/logout"), &app.token, log_out).await;
    assert_eq!(stack.call("GET", &app.path("users/ann"), &app.token, &json!({})).await.0, 404);
    assert!(!is_listed(&stack, &app, "ann").await);
}

#[tokio::test]
async fn a_repeat_is_answered_for_as_long_as_tokens_last_and_a_name_that_was_never_known_is_not_found() {
    let (stack, mut app, _) = world().await;
    let (status, answer) = erase(&stack, &app, "nobody").await;
    assert_eq!((status, answer["error_description"].as_str().unwrap()), (404, "the app has no user nobody"));
    assert!(stack.erase_queue.is_empty());
    for _ in 0..3 {
        assert_eq!(erase(&stack, &app, "ann").await.0, 200);
        stack.drain().await;
    }
    stack.clock.advance(ERASURE_RETENTION - Duration::from_secs(3 * 3600));
    stack.renew(&mut app).await;
    assert_eq!(erase(&stack, &app, "ann").await.0, 200);
    stack.clock.advance(Duration::from_secs(4 * 3600));
    assert_eq!(erase(&stack, &app, "ann").await.0, 404);
}

#[tokio::test]
async fn only_an_app_token_erases() {
    let (stack, app, _) = world().await;
    let grant = json!({"grant_type": "inherit", "username": "ann", "autoCreateUser": true});
    let issued = stack.ok("POST", &app.path("token"), &app.token, grant).await;
    let own = issued["access_token"].as_str().unwrap();
    assert_eq!(stack.call("DELETE", &app.path("users/ann"), own, &json!({})).await.0, 403);
    assert!(is_listed(&stack, &app, "ann").await);
}

#[tokio::test]
async fn somebody_known_by_messages_or_groups_alone_can_be_erased_too() {
    let (stack, app, _) = world().await;
    stack.send(&app, &["zoe"], json!({})).await;
    stack.ok("POST", &app.path("chatgroups"), &app.token, json!({"groupid": "g1", "members": ["zed", "bob"]})).await;
    stack.drain().await;
    stack.clock.advance(Duration::from_millis(1));
    for name in ["zoe", "zed"] {
        assert_eq!(erase(&stack, &app, name).await.0, 200, "{name}");
    }
    stack.drain().await;
    assert_eq!((kept(&stack, &app, "zoe"), groups_of(&stack, &app, "zed").await.len()), (0, 0));
}

#[tokio::test]
async fn a_name_that_is_used_again_at_once_keeps_what_is_new() {
    let (stack, app, token) = world().await;
    let old = stack.send(&app, &["ann"], json!({})).await[0];
    while stack.step().await {}
    stack.clock.advance(Duration::from_millis(1));
    erase(&stack, &app, "ann").await;
    stack.bind(&app, "ann", "phone", FCM, &token).await;
    let group = json!({"groupid": "g1", "owner": "ann", "members": ["bob"]});
    stack.ok("POST", &app.path("chatgroups"), &app.token, group).await;
    let new = stack.send(&app, &["ann"], json!({})).await[0];
    stack.drain().await;
    assert_eq!((trace(&stack, &app, "ann", old).await, trace(&stack, &app, "ann", new).await), (404, 200));
    assert_eq!((kept(&stack, &app, "ann"), stack.shown("fcm", &token)), (1, 2));
    assert_eq!(groups_of(&stack, &app, "ann").await, ["g1"]);
    assert!(is_listed(&stack, &app, "ann").await);
    // The user is erased again like any other.
    erase(&stack, &app, "ann").await;
    stack.drain().await;
    assert_eq!((trace(&stack, &app, "ann", new).await, kept(&stack, &app, "ann")), (404, 0));
    assert_eq!(stack.call("GET", &app.path("chatgroups/g1"), &app.token, &json!({})).await.0, 404);
}

#[tokio::test]
async fn messages_that_arrive_meanwhile_go_if_they_are_older_and_stay_if_they_are_newer() {
    let (stack, app, _) = world().await;
    let mut ids = Vec::new();
    for number in 0..200 {
        ids.extend(stack.send(&app, &["ann", "bob"], json!({})).await.into_iter().take(1));
        stack.clock.advance(Duration::from_millis(50));
        if number == 99 {
            assert_eq!(erase(&stack, &app, "ann").await.0, 200);
        }
        if number % 7 == 0 {
            stack.step().await;
        }
    }
    // A stalled ingest stores a message after the first sweep. The message's id is older than the erasure.
    let late = Receiver { user: sample::user("ann"), msg_id: MessageId::new(ids[50].accepted_at(), 77) };
    while stack.step().await {}
    let content = sample::content("late", ids[50].accepted_at());
    stack
        .messages
        .store(&app.key, &[(&content, std::slice::from_ref(&late))], &FixedClock::new(ids[50].accepted_at()))
        .await
        .unwrap();
    assert_eq!((trace(&stack, &app, "ann", late.msg_id).await, kept(&stack, &app, "ann")), (404, 101));
    stack.drain().await;
    assert_eq!((kept(&stack, &app, "ann"), kept(&stack, &app, "bob")), (100, 200));
    for (number, id) in ids.iter().enumerate() {
        stack.clock.advance(Duration::from_millis(20));
        assert_eq!(trace(&stack, &app, "ann", *id).await, if number < 100 { 404 } else { 200 }, "{number}");
    }
}

#[tokio::test]
async fn an_erasure_of_ten_thousand_rows_survives_three_crashes() {
    let (stack, app, _) = world().await;
    let at = stack.clock.now();
    let content = sample::content("hi", at);
    let receivers = |name: &str| -> Vec<Receiver> {
        (0..9_000).map(|number| Receiver { user: sample::user(name), msg_id: MessageId::new(at, number) }).collect()
    };
    for name in ["ann", "bob"] {
        let all = receivers(name);
        stack.messages.store(&app.key, &[(&content, &all)], &stack.clock).await.unwrap();
        let acked: Vec<MessageId> = all.iter().take(1_000).map(|receiver| receiver.msg_id).collect();
        stack.messages.acknowledge(&app.key, &sample::user(name), &acked).await.unwrap();
    }
    stack.clock.advance(Duration::from_millis(1));
    erase(&stack, &app, "ann").await;
    let mut before = 9_000;
    for crash in 0..3 {
        // The rows are deleted, and then the function dies without an answer or a new record.
        stack.messages.faults.lose_answer_after("erase_messages", 4);
        stack.erase_queue.faults.fail_next_of("queue_erase", 1);
        assert!(stack.erase_step().await);
        let left = kept(&stack, &app, "ann");
        assert!(left < before && left > 0, "crash {crash}: {left} of {before}");
        assert_eq!((stack.messages.faults.left(), stack.erase_queue.faults.left()), (0, 0), "crash {crash}");
        before = left;
    }
    stack.drain().await;
    assert_eq!((kept(&stack, &app, "ann"), kept(&stack, &app, "bob")), (0, 9_000));
    let keeps = async |name| stack.messages.keeps_messages(&app.key, &sample::user(name), None).await.unwrap();
    assert!(!keeps("ann").await && keeps("bob").await);
    let acknowledged = stack.messages.acknowledged_ids(&app.key, &sample::user("bob"));
    assert_eq!(acknowledged.len(), 1_000);
    assert!(stack.dead_letters.is_empty());
}

#[tokio::test]
async fn a_request_that_was_cut_off_is_taken_up_by_its_repeat() {
    for method in ["forget_user", "queue_erase"] {
        let (stack, app, _) = world().await;
        let id = stack.send(&app, &["ann"], json!({})).await[0];
        stack.drain().await;
        match method {
            "forget_user" => stack.users.faults.fail_next_of(method, 1),
            _ => stack.erase_queue.faults.fail_next_of(method, 1),
        }
        assert_eq!(erase(&stack, &app, "ann").await.0, 503, "{method}");
        // Old messages are hidden already.
        assert_eq!(trace(&stack, &app, "ann", id).await, 404);
        assert_eq!(erase(&stack, &app, "ann").await.0, 200, "{method}");
        stack.drain().await;
        assert_eq!((kept(&stack, &app, "ann"), is_listed(&stack, &app, "ann").await), (0, false));
    }
}

#[tokio::test]
async fn tables_that_fail_for_an_hour_delay_an_erasure_and_dead_letter_nothing() {
    let (stack, app, _) = world().await;
    stack.send(&app, &["ann"], json!({})).await;
    stack.drain().await;
    erase(&stack, &app, "ann").await;
    stack.messages.faults.fail_next_of("erase_messages", 12);
    stack.drain().await;
    assert_eq!((stack.messages.faults.left(), kept(&stack, &app, "ann")), (0, 0));
    assert!(stack.dead_letters.is_empty());
}

#[tokio::test]
async fn a_push_that_waited_for_a_minute_is_not_sent_to_somebody_erased_meanwhile() {
    let (stack, app, token) = world().await;
    let id = stack.send(&app, &["ann"], json!({})).await[0];
    let records = stack.dispatch_queue.take(10);
    stack.dispatch_batch(&records, 1).await;
    erase(&stack, &app, "ann").await;
    stack.clock.advance(Duration::from_secs(61));
    stack.drain().await;
    assert_eq!(stack.delivered("fcm", &token), 0);
    assert_eq!((trace(&stack, &app, "ann", id).await, kept(&stack, &app, "ann")), (404, 0));
}

#[tokio::test]
async fn a_message_of_the_same_moment_reaches_no_later_user_of_the_name() {
    let (stack, app, token) = world().await;
    let id = stack.send(&app, &["ann"], json!({})).await[0];
    let records = stack.dispatch_queue.take(10);
    erase(&stack, &app, "ann").await;
    stack.clock.advance(Duration::from_millis(1));
    let new = fcm::device_token();
    stack.bind(&app, "ann", "phone", FCM, &new).await;
    stack.dispatch_batch(&records, 1).await;
    stack.drain().await;
    assert_eq!((stack.delivered("fcm", &token), stack.delivered("fcm", &new)), (0, 0));
    assert_eq!(trace(&stack, &app, "ann", id).await, 404);
}

#[tokio::test]
async fn only_a_device_that_is_newer_than_the_message_costs_the_look_for_an_erasure() {
    let (stack, app, token) = world().await;
    stack.clock.advance(Duration::from_secs(10));
    stack.send(&app, &["ann"], json!({})).await;
    stack.erasures.faults.fail_next_of("erased_at", 1);
    stack.drain().await;
    assert_eq!((stack.erasures.faults.left(), stack.delivered("fcm", &token)), (1, 1));
}

#[tokio::test]
async fn groups_go_with_their_owner_and_keep_their_other_members() {
    let (stack, app, _) = world().await;
    for (id, owner) in [("own", "ann"), ("other", "bob")] {
        let group = json!({"groupid": id, "owner": owner, "members": ["ann", "bob", "cid"]});
        stack.ok("POST", &app.path("chatgroups"), &app.token, group).await;
    }
    stack
        .ok("POST", &app.path("chatgroups"), &app.token, json!({"groupid": "left", "owner": "ann", "members": ["bob"]}))
        .await;
    stack.ok("PUT", &app.path("chatgroups/left"), &app.token, json!({"newowner": "bob"})).await;
    stack.clock.advance(Duration::from_millis(1));
    erase(&stack, &app, "ann").await;
    stack.drain().await;
    assert_eq!(groups_of(&stack, &app, "bob").await, ["left", "other"]);
    assert_eq!(groups_of(&stack, &app, "cid").await, ["other"]);
    assert_eq!(stack.call("GET", &app.path("chatgroups/own"), &app.token, &json!({})).await.0, 404);
    let other = stack.ok("GET", &app.path("chatgroups/other"), &app.token, json!({})).await;
    assert_eq!(other["data"][0]["affiliations_count"], 2);
}

#[tokio::test(start_paused = true)]
async fn a_group_that_gets_another_owner_while_its_owner_is_erased_stays() {
    let (stack, app, _) = world().await;
    let group = json!({"groupid": "birds", "owner": "ann", "members": ["bob"]});
    stack.ok("POST", &app.path("chatgroups"), &app.token, group).await;
    stack.clock.advance(Duration::from_millis(1));
    erase(&stack, &app, "ann").await;
    // The sweep has read the group's owner. Its next step takes a while.
    stack.groups.faults.slow_next_of("delete_as_read", Duration::from_secs(1));
    let path = app.path("chatgroups/birds");
    let assigned = stack.ok("PUT", &path, &app.token, json!({"newowner": "bob"}));
    let (swept, answer) = tokio::join!(stack.erase_step(), assigned);
    assert_eq!((swept, &answer["data"]), (true, &json!({"newowner": true})));
    stack.drain().await;
    let shown = stack.ok("GET", &path, &app.token, json!({})).await;
    assert_eq!(shown["data"][0]["affiliations"], json!([{"owner": "bob"}]));
}

#[tokio::test]
async fn the_trace_of_a_group_message_is_hidden_from_an_erased_member_alone() {
    let (stack, app, _) = world().await;
    let group = json!({"groupid": "g1", "members": ["ann", "bob"]});
    stack.ok("POST", &app.path("chatgroups"), &app.token, group).await;
    let body = json!({"from": "cid", "to": ["g1"], "type": "txt", "body": {"msg": "hi"}});
    let sent = stack.ok("POST", &app.path("messages/chatgroups"), &app.token, body).await;
    let id = MessageId::parse(sent["data"]["g1"].as_str().unwrap()).unwrap();
    stack.drain().await;
    assert_eq!((trace(&stack, &app, "ann", id).await, trace(&stack, &app, "bob", id).await), (200, 200));
    erase(&stack, &app, "ann").await;
    assert_eq!((trace(&stack, &app, "ann", id).await, trace(&stack, &app, "bob", id).await), (404, 200));
    stack.drain().await;
    assert_eq!((trace(&stack, &app, "ann", id).await, trace(&stack, &app, "bob", id).await), (404, 200));
}

#[tokio::test]
async fn a_client_that_comes_back_under_the_name_pulls_nothing_from_before() {
    let (stack, app, _) = world().await;
    let pulled = async || {
        let path = app.path("users/ann/offline_messages");
        let page = stack.ok("GET", &path, &app.token, json!({})).await;
        let count = stack.ok("GET", &app.path("users/ann/offline_msg_count"), &app.token, json!({})).await;
        (page["data"].as_array().unwrap().len(), count["data"]["ann"].clone())
    };
    stack.send(&app, &["ann", "ann"], json!({})).await;
    let waited = pulled().await.0;
    assert!(waited > 0);
    stack.clock.advance(Duration::from_millis(1));
    erase(&stack, &app, "ann").await;
    assert_eq!(pulled().await, (0, json!(0)));
    stack.send(&app, &["ann"], json!({})).await;
    assert_eq!(pulled().await, (1, json!(1)));
    stack.drain().await;
    assert_eq!(pulled().await, (1, json!(1)));
}

/// The erasure's time is compared with the time of the message, not with the time of the receipt.
#[tokio::test]
async fn a_receipt_of_a_message_from_before_the_erasure_is_not_recorded() {
    let (stack, app, _) = world().await;
    let token = huawei::device_token();
    stack.bind(&app, "ann", "phone", HUAWEI, &token).await;
    let old = stack.send(&app, &["ann"], json!({})).await[0];
    stack.drain().await;
    erase(&stack, &app, "ann").await;
    stack.bind(&app, "ann", "phone", HUAWEI, &token).await;
    let new = stack.send(&app, &["ann"], json!({})).await[0];
    while stack.step().await {}
    for id in [old, new] {
        let notifier = format!("notifiers/{}", HUAWEI);
        let shown = stack.ok("GET", &app.path(&notifier), &app.token, json!({})).await;
        let url = shown["receipt_url"].as_str().unwrap();
        let path = &url[url.find("/push/report").unwrap()..];
        let report = json!({"statuses": [{
            "biTag": id, "token": token, "status": 0, "timestamp": stack.clock.now(), "appid": "1", "requestId": "r",
        }]});
        let (status, answer) = stack.call("POST", path, "", &report).await;
        assert_eq!(status, 200, "{answer}");
    }
    let path = app.path(&format!("push/trace/{new}?user=ann"));
    let shown = stack.ok("GET", &path, &app.token, json!({})).await;
    assert_eq!(shown["data"]["devices"][0]["receipts"].as_array().unwrap().len(), 1, "{shown}");
    let receipts = stack.messages.all(&app.key).into_iter().filter(|(receiver, _)| receiver.msg_id == old);
    assert_eq!(receipts.flat_map(|(_, stored)| stored.receipts).count(), 0);
}

#[tokio::test]
async fn two_erasures_at_once_both_succeed() {
    let (stack, app, _) = world().await;
    stack.send(&app, &["ann"], json!({})).await;
    let path = app.path("users/ann");
    let body = json!({});
    let (first, second) = futures::future::join(
        stack.call("DELETE", &path, &app.token, &body),
        stack.call("DELETE", &path, &app.token, &body),
    )
    .await;
    assert_eq!((first.0, second.0), (200, 200));
    stack.drain().await;
    assert_eq!(kept(&stack, &app, "ann"), 0);
}

#[tokio::test]
async fn an_erased_user_is_disconnected_and_opens_nothing_with_a_token_of_before() {
    let (stack, app, _) = world().await;
    let token = user_token(&stack, &app, "ann", json!({})).await;
    let phone = Socket::connect(&stack, &app, "ann", "phone").await;
    stack.clock.advance(Duration::from_secs(2));
    while stack.step().await {}
    assert_eq!(erase(&stack, &app, "ann").await.0, 200);
    while stack.step().await {}
    assert!(stack.connections.was_closed(&phone.id));
    let with =
        |token: String| json!({"org": app.key.org(), "app": app.key.app(), "device_id": "phone", "token": token});
    assert_eq!(handshake(&stack, json!({}), with(token)).await.0, 401);
    stack.clock.advance(Duration::from_secs(1));
    let id = stack.send(&app, &["ann"], json!({})).await[0];
    stack.drain().await;
    assert_eq!(stack.suppression(&app, "ann", id).await, Some(Reason::NoUserExist));
    // The next user of the name gets a new token.
    let token = user_token(&stack, &app, "ann", json!({})).await;
    assert_eq!(handshake(&stack, json!({}), with(token)).await.0, 200);
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_an_erasure_overtakes_is_refused_and_leaves_nothing() {
    let (stack, app, _) = world().await;
    let token = user_token(&stack, &app, "ann", json!({})).await;
    stack.clock.advance(Duration::from_secs(2));
    let query = json!({"org": app.key.org(), "app": app.key.app(), "device_id": "browser", "token": token});
    // The connection is written after the erasure has ended all connections that it found.
    stack.users.faults.slow_next_of("connect", Duration::from_secs(5));
    let erased = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        erase(&stack, &app, "ann").await.0
    };
    let ((status, ..), erased) = tokio::join!(handshake(&stack, json!({}), query), erased);
    assert_eq!((status, erased), (401, 200));
    let known = stack.users.presence(&app.key, &[sample::user("ann")]).await.unwrap();
    assert!(known.iter().all(|(_, devices)| devices.is_empty()), "{known:?}");
    stack.drain().await;
    stack.clock.advance(Duration::from_secs(1));
    let id = stack.send(&app, &["ann"], json!({})).await[0];
    stack.drain().await;
    assert_eq!(stack.suppression(&app, "ann", id).await, Some(Reason::NoUserExist));
}

/// Returns an app with Ann's phone, and a push to it that stays in its vendor's queue.
async fn with_kept_push() -> (Stack, TestApp, String, Vec<String>) {
    let stack = Stack::start();
    let app = stack.app("erasure", json!({})).await;
    let token = fcm::device_token();
    stack.bind(&app, "ann", "phone", FCM, &token).await;
    stack.send(&app, &["ann"], json!({})).await;
    stack.dispatch_batch(&stack.dispatch_queue.take(10), 1).await;
    let kept = stack.push_queues.of(Vendor::Fcm).take(10);
    (stack, app, token, kept)
}

#[tokio::test]
async fn a_push_that_its_queue_kept_does_not_reach_the_next_user_of_the_name_on_the_same_phone() {
    let (stack, app, token, kept) = with_kept_push().await;
    erase(&stack, &app, "ann").await;
    while stack.step().await {}
    stack.clock.advance(Duration::from_secs(1));
    stack.bind(&app, "ann", "phone", FCM, &token).await;
    stack.clock.advance(Duration::from_secs(70));
    stack.push_batch(Vendor::Fcm, &kept, 1).await;
    while stack.step().await {}
    assert_eq!(stack.delivered("fcm", &token), 0);
    stack.send(&app, &["ann"], json!({})).await;
    while stack.step().await {}
    assert_eq!(stack.delivered("fcm", &token), 1, "the next user's own");
    stack.drain().await;
    assert_eq!((stack.delivered("fcm", &token), stack.dead_letters.is_empty()), (1, true));
}

#[tokio::test]
async fn a_push_that_its_queue_kept_reaches_a_phone_that_registers_its_token_again_meanwhile() {
    let (stack, app, token, kept) = with_kept_push().await;
    stack.clock.advance(Duration::from_secs(70));
    stack.bind(&app, "ann", "phone", FCM, &token).await;
    stack.push_batch(Vendor::Fcm, &kept, 1).await;
    assert_eq!(stack.delivered("fcm", &token), 1, "at once, without a new decision");
}
