//! Tasks: whom they push to, how fast, and what is known of it.

use std::time::Duration;

use curlew_tests::simulators::{
    Device, Endpoint, Filter, Reported,
    huawei::{self, harmony::account::NOTIFIER as HARMONY},
};
use serde_json::{Value, json};
use shared::{
    domain::{
        id::TaskId,
        reason::Reason,
        statistics::FLUSHES_IN_HAND,
        task::{Audience, TaskCounts, TaskState},
    },
    ports::clock::Clock,
    testing::sample,
};

use super::{
    harness::{HUAWEI, STATISTICS_FLUSH},
    socket::Socket,
    task_world::World,
};

/// A rate at which a page has the minimum of 25 users.
fn slow() -> Value {
    json!({"task_pushes_per_second": 5})
}

#[tokio::test]
async fn everyone_gets_a_task_once_and_its_progress_is_what_the_vendor_saw() {
    let world = World::with(60, slow()).await;
    let id = world.task(2).await;
    let took = world.drained().await;
    assert_eq!(world.phones_with(1), 60);
    let task = world.state(id).await;
    assert_eq!((task.state, task.walk.done, task.total(), task.walk.step), (TaskState::Done, 60, Some(60), 3));
    assert_eq!(world.counts(id).await, TaskCounts { accepted: 60, ..TaskCounts::default() });
    // Three pages: the second begins after 25 users, the third after 50.
    assert!((10..12).contains(&took.as_secs()), "{took:?}");
}

#[tokio::test]
async fn an_app_without_users_has_tasks_that_end_at_once() {
    let world = World::with(0, json!({})).await;
    let id = world.task(2).await;
    world.stack.drain().await;
    assert_eq!((world.state(id).await.total(), world.stack.dispatch_queue.is_empty()), (Some(0), true));
}

#[tokio::test]
async fn tasks_of_an_app_share_its_rate_and_another_app_has_its_own() {
    let world = World::with(75, slow()).await;
    let ids = [world.task(2).await, world.task(2).await];
    let took = world.drained().await;
    assert_eq!(world.phones_with(2), 75);
    for id in ids {
        assert_eq!(world.state(id).await.total(), Some(75));
    }
    // The first pages come at once. Each of the others follows a page of 5 s.
    assert!((20..30).contains(&took.as_secs()), "{took:?}");
}

#[tokio::test]
async fn users_of_a_page_share_a_notification_that_names_the_task_and_nobody() {
    let world = World::with(30, slow()).await;
    let id = world.task(2).await;
    world.stack.drain().await;
    let pushes = world.stack.simulators.requests(&Filter::vendor("huawei").at(Endpoint::Send)).len();
    assert_eq!(pushes, 2, "one request for each page");
    let mut replaced: Vec<Vec<String>> = Vec::new();
    for token in &world.tokens {
        let shade = world.stack.simulators.device("huawei", token).shade;
        let notice = &shade[0].delivery.notice;
        let data: Value = match &notice.data {
            Value::String(text) => serde_json::from_str(text).unwrap(),
            data => data.clone(),
        };
        let report = match &data["EPush"] {
            Value::String(text) => serde_json::from_str(text).unwrap(),
            report => report.clone(),
        };
        assert_eq!(report, json!({"report": {"task_id": id}}), "{data}");
        assert!(data.get("t").is_none() && data["m"].is_string(), "{data}");
        replaced.push(notice.replace_ids.clone());
    }
    replaced.dedup();
    assert_eq!(replaced.len(), 1, "the same replace id in both pages");
    let trace = trace(&world, 0).await;
    let channel = trace["rules"].as_array().unwrap().iter().find(|rule| rule["rule"] == "channel").unwrap();
    assert_eq!(channel["inputs"], json!({"strategy": 2, "task": id}));
}

async fn trace(world: &World, user: usize) -> Value {
    let path = world.app.path(&format!("push/trace/{}?user=u{user}", world.ids_of(user)[0]));
    world.stack.ok("GET", &path, &world.app.token, json!({})).await["data"].clone()
}

#[tokio::test]
async fn each_strategy_of_a_task_uses_the_channels_of_a_single_push() {
    // Whether u0, who is offline, is shown it by the vendor, and whether it waits; the same for u1, who is online, and
    // whether it comes over the connection.
    for (strategy, offline, online, accepted) in [
        (0, (1, 0), (1, 0, 0), 2),
        (1, (0, 1), (0, 0, 1), 1),
        (2, (1, 0), (1, 0, 0), 2),
        (3, (1, 0), (0, 0, 1), 2),
        (4, (0, 0), (0, 0, 1), 1),
    ] {
        let world = World::with(2, json!({})).await;
        let socket = Socket::connect(&world.stack, &world.app, "u1", "tablet").await;
        world.stack.drain().await;
        socket.send(r#"{"action":"ping"}"#).await;
        socket.frames();
        let id = world.task(strategy).await;
        // The push itself, but no recheck.
        while world.stack.step().await {}
        let frames = socket.frames();
        for frame in &frames {
            assert_eq!((&frame["kind"], &frame["message"]["push"]["task_id"]), (&json!("push"), &json!(id)));
            socket.ack(&[frame["message"]["msg_id"].as_str().unwrap()]).await;
        }
        world.stack.drain().await;
        let waiting = async |user: &str| {
            let path = world.app.path(&format!("users/{user}/offline_msg_count"));
            let answer = world.stack.ok("GET", &path, &world.app.token, json!({})).await;
            answer["data"][user].as_i64().unwrap()
        };
        let shown = world.shown();
        assert_eq!((shown[0], waiting("u0").await), offline, "offline, strategy {strategy}");
        assert_eq!((shown[1], waiting("u1").await, frames.len()), online, "online, strategy {strategy}");
        assert_eq!(world.counts(id).await.accepted, accepted, "strategy {strategy}");
        assert_eq!(world.state(id).await.total(), Some(2));
    }
}

#[tokio::test]
async fn users_without_a_push_are_counted_by_reason_and_cost_nobody_else() {
    let world = World::with(30, json!({})).await;
    world.stack.simulators.add_devices([Device::unregistered("huawei", &world.tokens[3])]).unwrap();
    let path = world.app.path("users");
    world.stack.ok("POST", &path, &world.app.token, json!({"username": "nobody", "password": "p"})).await;
    // One receiver's facts cannot be read at first.
    world.stack.users.faults.fail_next_of("facts", 1);
    let id = world.task(2).await;
    world.stack.drain().await;
    assert_eq!(world.phones_with(1), 29);
    let counts = world.counts(id).await;
    let refused: Vec<_> = counts.refused.into_iter().collect();
    assert_eq!((counts.accepted, refused), (29, vec![(Reason::NoPushBinding, 1), (Reason::IllegalBinding, 1)]));
    assert_eq!(world.state(id).await.total(), Some(31));
}

#[tokio::test]
async fn a_lost_count_is_not_counted_twice_and_fails_no_push() {
    let world = World::with(5, json!({})).await;
    let id = world.task(2).await;
    world.stack.runtime.faults.lose_answer_of("add_task_counts", 1);
    world.stack.drain().await;
    assert_eq!((world.phones_with(1), world.counts(id).await.accepted), (5, 5));
}

#[tokio::test]
async fn what_vendors_and_phones_report_is_counted_for_the_task() {
    let world = World::with(2, json!({})).await;
    let id = world.task(2).await;
    world.stack.drain().await;
    let shade = world.stack.simulators.device("huawei", &world.tokens[0]).shade;
    let param = shade[0].delivery.notice.detail["bi_tag"].as_str().unwrap();
    let msg_id = world.ids_of(0)[0];
    assert!(param.starts_with(&format!("{msg_id}.")), "{param}");
    assert!(param.len() <= 50, "{param}");
    for _ in 0..2 {
        report_delivered(&world, 0).await;
    }
    let click = json!({"msg_id": msg_id, "device_id": "phone"});
    for _ in 0..2 {
        let path = world.app.path("users/u1/push/clicked");
        world.stack.ok("POST", &path, &world.app.token, click.clone()).await;
    }
    let counts = world.counts(id).await;
    assert_eq!((counts.accepted, counts.delivered, counts.clicked), (2, 1, 1));
    assert_eq!(world.stack.stored(&world.app, "u0", msg_id).await.receipts.len(), 1);
}

#[tokio::test]
async fn reports_that_come_singly_are_counted_together() {
    let world = World::with(20, json!({})).await;
    let id = world.task(2).await;
    world.stack.drain().await;
    let writes = || world.stack.runtime.faults.calls_of("add_task_counts");
    let before = writes();
    for number in 0..20 {
        report_delivered(&world, number).await;
    }
    assert_eq!(writes() - before, FLUSHES_IN_HAND as usize);
    // The next report or click takes along what waited.
    world.stack.clock.advance(STATISTICS_FLUSH);
    let click = json!({"msg_id": world.ids_of(1)[0], "device_id": "phone"});
    world.stack.ok("POST", &world.app.path("users/u1/push/clicked"), &world.app.token, click).await;
    let counts = world.counts(id).await;
    assert_eq!((counts.delivered, counts.clicked), (20, 1));
}

/// Lets the vendor report that a user's phone got its notification.
async fn report_delivered(world: &World, number: usize) {
    let notifier = world.app.path(&format!("notifiers/{HUAWEI}"));
    let shown = world.stack.ok("GET", &notifier, &world.app.token, json!({})).await;
    let url = shown["receipt_url"].as_str().unwrap();
    let path = &url[url.find("/push/report/").unwrap()..];
    let shade = world.stack.simulators.device("huawei", &world.tokens[number]).shade;
    let report = (huawei::SIMULATOR.receipts.as_ref().unwrap().report)(&Reported {
        message_id: shade[0].delivery.notice.detail["bi_tag"].as_str().unwrap(),
        device_token: &world.tokens[number],
        unregistered: false,
    });
    assert_eq!(world.stack.call_with("POST", path, "", &[], report.to_string()).await.0, 200);
}

#[tokio::test]
async fn a_row_of_the_directory_that_cannot_be_read_costs_nobody_else_the_push() {
    let world = World::with(60, slow()).await;
    for unreadable in ["u7", "u8", "u59"] {
        world.stack.users.faults.corrupt("users", unreadable);
    }
    let id = world.task(2).await;
    world.stack.drain().await;
    assert_eq!((world.phones_with(1), world.state(id).await.total()), (57, Some(57)));
}

#[tokio::test]
async fn a_label_is_walked_and_nobody_else() {
    let world = World::with(60, slow()).await;
    let users: Vec<usize> = (0..60).step_by(2).collect();
    let label = world.label(&users).await;
    let id = world.task_for(2, Audience::Label(label)).await;
    world.stack.drain().await;
    let shown: Vec<usize> = (0..60).filter(|number| world.shown()[*number] == 1).collect();
    assert_eq!((shown, world.state(id).await.total()), (users, Some(30)));
}

#[tokio::test]
async fn a_recalled_push_of_a_task_leaves_its_users_phone_and_no_other() {
    let mut world = World::with(0, json!({})).await;
    for user in ["u0", "u1"] {
        let token = huawei::harmony_device_token();
        world.stack.bind(&world.app, user, "phone", HARMONY, &token).await;
        world.tokens.push(token);
    }
    world.task(0).await;
    world.stack.drain().await;
    assert_eq!(world.shown(), [1, 1]);
    let recalled = json!({"msg_id": world.ids_of(1)[0], "to": "u1", "chat_type": "chat", "force": true});
    let path = world.app.path("messages/msg_recall");
    world.stack.ok("POST", &path, &world.app.token, recalled).await;
    world.stack.drain().await;
    assert_eq!(world.shown(), [1, 0]);
}

#[tokio::test]
async fn another_apps_messages_do_not_wait_for_a_page() {
    let world = World::with(500, json!({})).await;
    let other = world.stack.app("other", json!({})).await;
    let token = huawei::device_token();
    world.stack.bind(&other, "ann", "phone", HUAWEI, &token).await;
    world.task(2).await;
    world.stack.send(&other, &["ann"], json!({})).await;
    let before = world.stack.clock.now();
    world.stack.step().await;
    assert_eq!(world.stack.shown("huawei", &token), 1, "with the first batch");
    assert_eq!(world.stack.clock.now(), before);
    world.stack.drain().await;
    assert_eq!(world.phones_with(1), 500);
}

#[tokio::test]
async fn a_record_of_an_unknown_task_or_app_ends() {
    let world = World::with(1, json!({})).await;
    let unknown = TaskId::new(world.stack.clock.now().plus(Duration::from_secs(60)), 1);
    world.queue(unknown, 0).await;
    world.stack.drain().await;
    let gone =
        World { app: super::harness::TestApp { key: sample::app_key("acme#gone"), token: String::new() }, ..world };
    gone.queue(unknown, 0).await;
    gone.stack.drain().await;
    assert!(gone.stack.dispatch_queue.is_empty() && gone.stack.dead_letters.is_empty());
}
