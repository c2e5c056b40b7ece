//! Instant pushes by vendor: what a caller is answered, and what phones show.

use std::time::Duration;

use curlew_tests::simulators::{Device, Endpoint, Fault, FaultRule, fcm, huawei};
use serde_json::{Value, json};
use shared::domain::{
    id::MessageId, outcome::PushStatus, push::SemanticClass, reason::Reason, statistics::Figure, vendor::Vendor,
};

use tokio::time::Instant;

use super::{
    deadline::HANGS,
    harness::{FCM, HUAWEI, STATISTICS_FLUSH, Stack, TestApp},
};

/// Ann, whose phone is bound.
struct World {
    stack: Stack,
    app: TestApp,
    token: String,
}

impl World {
    async fn start() -> Self {
        let stack = Stack::start();
        let app = stack.app("chat", json!({"advanced_push": true})).await;
        let token = fcm::device_token();
        stack.bind(&app, "ann", "phone", FCM, &token).await;
        Self { stack, app, token }
    }

    /// Calls a route of instant pushes, a second after the call before.
    async fn call(&self, route: &str, body: Value) -> (u16, Value) {
        self.stack.clock.advance(Duration::from_secs(1));
        self.stack.call("POST", &self.app.path(route), &self.app.token, &body).await
    }

    /// Returns the `data` of a call that succeeds.
    async fn push(&self, route: &str, body: Value) -> Value {
        let (status, answer) = self.call(route, body).await;
        assert_eq!(status, 200, "{answer}");
        answer["data"].clone()
    }

    async fn refused(&self, route: &str, body: Value) -> (u16, String, String) {
        let (status, answer) = self.call(route, body).await;
        let text = |name: &str| answer[name].as_str().unwrap().to_owned();
        (status, text("exception"), text("error_description"))
    }

    async fn trace(&self, user: &str, id: &Value) -> (u16, Value) {
        let path = format!("push/trace/{}?user={user}", id.as_str().unwrap());
        let (status, answer) = self.stack.call("GET", &self.app.path(&path), &self.app.token, &json!({})).await;
        (status, answer["data"].clone())
    }

    fn shown(&self) -> usize {
        self.stack.shown("fcm", &self.token)
    }

    async fn waiting(&self, user: &str) -> Value {
        let path = self.app.path(&format!("users/{user}/offline_msg_count"));
        self.stack.ok("GET", &path, &self.app.token, json!({})).await["data"][user].clone()
    }
}

/// Returns the body of a push with this title, and more.
fn notice(title: &str, more: Value) -> Value {
    let mut body = json!({"pushMessage": {"title": title, "content": "The service is back"}});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

#[tokio::test]
async fn a_push_reaches_a_user_who_is_online_and_does_not_want_to_be_disturbed() {
    let world = World::start().await;
    world.stack.report(&world.app, "ann", "phone", "s1", "online").await;
    let quiet = json!({"type": "NONE", "ignoreInterval": "10:00-10:00"});
    let path = world.app.path("users/ann/notification/user/ann");
    world.stack.ok("PUT", &path, &world.app.token, quiet).await;

    let answer = world.push("push/async/ann", notice("Notice", json!({}))).await;
    assert_eq!(answer.as_array().unwrap().len(), 1);
    let (status, desc) = (&answer[0]["pushStatus"], &answer[0]["desc"]);
    assert_eq!((status, desc, &answer[0]["data"]), (&json!("ASYNC_SUCCESS"), &json!("success"), &json!("")));
    world.stack.drain().await;
    let shade = world.stack.simulators.device("fcm", &world.token).shade;
    let notice = &shade[0].delivery.notice;
    assert_eq!(shade.len(), 1);
    assert_eq!((notice.title.as_deref(), notice.body.as_deref()), (Some("Notice"), Some("The service is back")));

    let (_, trace) = world.trace("ann", &answer[0]["msg_id"]).await;
    assert_eq!(trace["verdict"], "push");
    let rule = |name: &str| trace["rules"].as_array().unwrap().iter().find(|rule| rule["rule"] == name).unwrap();
    for name in ["group_size", "ignore", "delivery", "presence", "do_not_disturb", "mode", "filter"] {
        assert_eq!(rule(name)["verdict"], "n/a", "{name}");
    }
    assert_eq!(rule("channel")["inputs"], json!({"strategy": 2}));
    assert_eq!(trace["devices"][0]["attempts"][0]["outcome"], "success");
    assert_eq!(world.waiting("ann").await, 0, "the offline store has no such message");
}

#[tokio::test]
async fn a_push_to_a_list_is_answered_for_each_name_in_the_callers_spelling() {
    let world = World::start().await;
    let answer = world.push("push/single", notice("Hello", json!({"targets": ["Ann", "bob", "ann"]}))).await;
    let ids: Vec<&str> = answer.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["Ann", "ann", "bob"]);
    assert!(answer.as_array().unwrap().iter().all(|one| one["pushStatus"] == "ASYNC_SUCCESS"));
    assert!(answer.as_array().unwrap().iter().all(|one| one["desc"] == "async success."));
    assert_eq!(answer[0]["msg_id"], answer[1]["msg_id"], "one push for each user");
    world.stack.drain().await;
    assert_eq!(world.shown(), 1);
    let bobs = MessageId::parse(answer[2]["msg_id"].as_str().unwrap()).unwrap();
    assert_eq!(world.stack.suppression(&world.app, "bob", bobs).await, Some(Reason::NoUserExist));
}

#[tokio::test]
async fn a_hundred_targets_are_taken_and_not_one_more() {
    let world = World::start().await;
    let targets = |number: usize| (0..number).map(|one| format!("u{one}")).collect::<Vec<_>>();
    let taken = world.push("push/single", notice("t", json!({"targets": targets(100)}))).await;
    assert_eq!(taken.as_array().unwrap().len(), 100);
    for (targets, text) in [
        (json!(targets(101)), "params targets's size can't exceed limit 100"),
        (json!([]), "param targets can't be empty"),
        (Value::Null, "param targets can't be empty"),
        (json!("ann"), "targets must be an array of user ids"),
    ] {
        let refused = world.refused("push/single", notice("t", json!({"targets": targets}))).await;
        assert_eq!(refused, (400, "IllegalArgumentException".to_owned(), text.to_owned()));
    }
}

#[tokio::test]
async fn a_synchronous_push_is_answered_with_the_vendors_own_answer() {
    let world = World::start().await;
    let answer = world.push("push/sync/ann", notice("Now", json!({}))).await;
    let id = answer[0]["msg_id"].clone();
    assert_eq!((&answer[0]["pushStatus"], &answer[0]["device_id"]), (&json!("SUCCESS"), &json!("phone")));
    assert!(answer[0]["data"]["name"].as_str().unwrap().starts_with("projects/"), "{answer}");
    assert_eq!(world.shown(), 1);
    let (_, trace) = world.trace("ann", &id).await;
    assert_eq!(
        (&trace["verdict"], &trace["devices"][0]["attempts"][0]["outcome"]),
        (&json!("push"), &json!("success"))
    );
    assert!(world.stack.next_visible().is_none(), "nothing is left to do");
}

#[tokio::test]
async fn each_device_of_a_synchronous_push_has_its_own_answer() {
    let world = World::start().await;
    world.stack.bind(&world.app, "ann", "tablet", HUAWEI, &huawei::device_token()).await;
    world.stack.simulators.add_devices([Device::unregistered("fcm", &world.token)]).unwrap();
    let answer = world.push("push/sync/ann", notice("Now", json!({}))).await;
    let of = |device: &str| answer.as_array().unwrap().iter().find(|one| one["device_id"] == device).unwrap();
    assert_eq!(of("tablet")["pushStatus"], "SUCCESS", "{answer}");
    assert_eq!((&of("phone")["pushStatus"], &of("phone")["data"]["error"]["code"]), (&json!("FAIL"), &json!(404)));
    assert_eq!(of("phone")["desc"], "illegal binding: UNREGISTERED");
    // The unregistered token went, as after any push.
    let bound = world.stack.ok("GET", &world.app.path("users/ann/push/binding"), &world.app.token, json!({})).await;
    assert_eq!(bound["entities"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_cannot_be_pushed_is_said_in_the_references_words_and_traced() {
    let world = World::start().await;
    world
        .stack
        .ok("POST", &world.app.path("users"), &world.app.token, json!({"username": "bob", "password": "p"}))
        .await;
    for (user, text, reason) in
        [("nobody", "appUser not exists", Reason::NoUserExist), ("bob", "no push binding", Reason::NoPushBinding)]
    {
        let answer = world.push(&format!("push/sync/{user}"), notice("t", json!({}))).await;
        let id = MessageId::parse(answer[0]["msg_id"].as_str().unwrap()).unwrap();
        assert_eq!(answer, json!([{"pushStatus": "FAIL", "desc": text, "msg_id": id}]));
        world.stack.drain().await;
        assert_eq!(world.stack.suppression(&world.app, user, id).await, Some(reason));
    }
}

#[tokio::test]
async fn a_synchronous_push_is_not_retried_behind_its_callers_back() {
    let world = World::start().await;
    let down = FaultRule::new("fcm", Fault::status(503)).at(Endpoint::Send).times(1);
    world.stack.simulators.add_faults([down]).unwrap();
    let answer = world.push("push/sync/ann", notice("t", json!({}))).await;
    assert_eq!(answer[0]["pushStatus"], "ERROR", "{answer}");
    world.stack.drain().await;
    let id = MessageId::parse(answer[0]["msg_id"].as_str().unwrap()).unwrap();
    let outcome = &world.stack.stored(&world.app, "ann", id).await.outcomes[0];
    assert_eq!((outcome.status, outcome.reason), (PushStatus::Fail, Some(Reason::PushYetButFail)));
    assert_eq!(world.shown(), 0);
}

#[tokio::test]
async fn a_queued_push_is_retried_until_the_vendor_takes_it() {
    let world = World::start().await;
    let down = FaultRule::new("fcm", Fault::status(503)).at(Endpoint::Send).times(3);
    world.stack.simulators.add_faults([down]).unwrap();
    world.push("push/async/ann", notice("t", json!({}))).await;
    world.stack.drain().await;
    assert_eq!(world.shown(), 1);
}

#[tokio::test]
async fn a_vendors_block_beats_the_common_part_for_that_vendor_alone() {
    let world = World::start().await;
    let tablet = huawei::device_token();
    world.stack.bind(&world.app, "ann", "tablet", HUAWEI, &tablet).await;
    let block = json!({"message": {"android": {"notification": {"title": "for Huawei"}}}});
    let message = json!({"title": "for all", "content": "c", "huawei": block, "apns": {"badge": 1}});
    for route in ["push/async/ann", "push/sync/ann"] {
        world.push(route, json!({ "pushMessage": message })).await;
        world.stack.drain().await;
        let title = |vendor: &str, token: &str| {
            world.stack.simulators.device(vendor, token).shade.last().unwrap().delivery.notice.title.clone().unwrap()
        };
        assert_eq!((title("fcm", &world.token), title("huawei", &tablet)), ("for all".into(), "for Huawei".into()));
    }
}

#[tokio::test]
async fn a_tap_opens_on_fcm_what_the_push_says_and_an_address_opens_the_app() {
    let world = World::start().await;
    for (message, opened) in [
        (json!({"config": {"clickAction": {"action": "com.example.im.OPEN"}}}), json!("com.example.im.OPEN")),
        (json!({"config": {"clickAction": {"url": "https://example.com"}}}), Value::Null),
        (
            json!({"config": {"clickAction": {"action": "com.example.im.OPEN"}},
                "fcmV1": {"androidConfig": {"androidNotification": {"clickAction": "com.example.im.NOTICE"}}}}),
            json!("com.example.im.NOTICE"),
        ),
    ] {
        world.push("push/async/ann", json!({ "pushMessage": message })).await;
        world.stack.drain().await;
        let shade = world.stack.simulators.device("fcm", &world.token).shade;
        assert_eq!(shade.last().unwrap().delivery.notice.detail["notification"]["click_action"], opened, "{message}");
    }
    let address = json!({"fcm": {"notification": {"clickAction": "https://example.com"}}});
    let answer = world.push("push/sync/ann", json!({ "pushMessage": address })).await;
    assert_eq!(answer[0]["pushStatus"], "FAIL", "FCM takes no address: {answer}");
}

#[tokio::test]
async fn refusals_have_the_references_errors() {
    let world = World::start().await;
    for (body, exception, text) in [
        (json!({}), "IllegalArgumentException", "pushMessage is required"),
        (json!({"pushMessage": []}), "IllegalArgumentException", "pushMessage must be an object"),
        (notice("t", json!({"strategy": 5})), "IllegalArgumentException", "strategy must be 0, 1, 2, 3 or 4"),
        (notice("t", json!({"strategy": "2"})), "IllegalArgumentException", "strategy must be a whole number"),
        (notice("t", json!({"push_ttl": 59})), "IllegalArgumentException", "push_ttl must be 60 to 86400 seconds"),
        (
            notice(&"x".repeat(33), json!({})),
            "MessageException",
            "pushMessage.title must be at most 32 characters long, where a Chinese character counts 2",
        ),
    ] {
        for route in ["push/sync/ann", "push/async/ann", "push/single"] {
            let refused = world.refused(route, body.clone()).await;
            assert_eq!(refused, (400, exception.to_owned(), text.to_owned()), "{route}");
        }
    }
    let large = json!({"pushMessage": {"easemob": {"bigTxt": "x".repeat(5 * 1024)}}});
    assert_eq!(world.refused("push/async/ann", large).await.0, 413);
    assert!(world.stack.next_visible().is_none());
}

#[tokio::test]
async fn a_caller_above_the_rate_gets_the_references_limit_exception() {
    let world = World::start().await;
    world.stack.clock.advance(Duration::from_secs(1));
    for (route, rate) in [("push/sync/nobody", 1), ("push/single", 10), ("push/async/nobody", 100)] {
        for number in 0..=rate {
            let body = notice("t", json!({"targets": ["nobody"]}));
            let (status, answer) = world.stack.call("POST", &world.app.path(route), &world.app.token, &body).await;
            if number < rate {
                assert_eq!(status, 200, "{route} {number}: {answer}");
            } else {
                let (exception, text) = (&answer["exception"], &answer["error_description"]);
                assert_eq!(
                    (status, exception, text),
                    (403, &json!("LimitException"), &json!("limit request")),
                    "{route}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_repeated_call_with_its_key_pushes_once() {
    let world = World::start().await;
    let key = [("idempotency-key", "k1")];
    for (route, body) in [
        ("push/sync/ann", notice("sync", json!({}))),
        ("push/async/ann", notice("async", json!({}))),
        ("push/single", notice("single", json!({"targets": ["ann"]}))),
    ] {
        let before = world.shown();
        let mut answers = Vec::new();
        for _ in 0..2 {
            world.stack.clock.advance(Duration::from_secs(1));
            let path = world.app.path(route);
            let (status, answer) = world.stack.call_with("POST", &path, &world.app.token, &key, body.to_string()).await;
            assert_eq!(status, 200, "{answer}");
            world.stack.drain().await;
            answers.push(answer["data"].clone());
        }
        assert_eq!(answers[0], answers[1]);
        assert_eq!(world.shown(), before + 1, "{route}");
    }
}

#[tokio::test]
async fn a_call_that_was_cut_off_goes_on_under_the_same_ids() {
    let world = World::start().await;
    let key = [("idempotency-key", "k1")];
    let body = notice("t", json!({"targets": ["ann"]})).to_string();
    let path = world.app.path("push/single");
    world.stack.dispatch_queue.faults.fail_next_of("queue_dispatch", 1);
    let (status, _) = world.stack.call_with("POST", &path, &world.app.token, &key, body.clone()).await;
    assert_eq!(status, 503);
    let stored = world.stack.messages.all(&world.app.key)[0].0.msg_id;
    world.stack.clock.advance(Duration::from_secs(60));
    let (status, answer) = world.stack.call_with("POST", &path, &world.app.token, &key, body).await;
    assert_eq!((status, &answer["data"][0]["msg_id"]), (200, &json!(stored)));
    world.stack.drain().await;
    assert_eq!((world.shown(), world.stack.messages.all(&world.app.key).len()), (1, 1));
}

#[tokio::test]
async fn statistics_count_pushes_under_their_class_and_clicks_find_them() {
    let world = World::start().await;
    let plain = world.push("push/async/ann", notice("t", json!({}))).await;
    let advert = json!({"pushMessage": {"title": "Sale", "class": "marketing"}});
    world.push("push/sync/ann", advert).await;
    world.stack.drain().await;
    let click = json!({"msg_id": plain[0]["msg_id"], "device_id": "phone"});
    let clicked = world.stack.ok("POST", &world.app.path("users/ann/push/clicked"), &world.app.token, click).await;
    assert_eq!(clicked["data"], json!({"recorded": true}));
    world.stack.clock.advance(STATISTICS_FLUSH);
    world.stack.push_batch(Vendor::Fcm, &[], 1).await;
    let counts = world.stack.runtime.all_counts(&world.app.key);
    let accepted = |class| counts.get(Figure::Accepted(class));
    assert_eq!((accepted(SemanticClass::System), accepted(SemanticClass::Marketing)), (1, 1), "{counts:?}");
}

#[tokio::test]
async fn an_erased_user_leaves_no_trace_of_a_push() {
    let world = World::start().await;
    let answer = world.push("push/async/ann", notice("t", json!({}))).await;
    world.stack.drain().await;
    assert_eq!(world.trace("ann", &answer[0]["msg_id"]).await.0, 200);
    world.stack.clock.advance(Duration::from_secs(1));
    world.stack.ok("DELETE", &world.app.path("users/ann"), &world.app.token, json!({})).await;
    assert_eq!(world.trace("ann", &answer[0]["msg_id"]).await.0, 404);
    world.stack.drain().await;
    assert!(world.stack.messages.all(&world.app.key).is_empty());
}

#[tokio::test]
async fn a_template_words_a_push_and_a_missing_one_is_traced() {
    let world = World::start().await;
    let sale = json!({"name": "sale", "title_pattern": "Sale", "content_pattern": "only {0} left"});
    world.stack.ok("POST", &world.app.path("notification/template"), &world.app.token, sale).await;
    let push = |name: &str| json!({"pushMessage": {"title": "t", "template": {"name": name, "content_args": ["3"]}}});
    world.push("push/async/ann", push("sale")).await;
    world.stack.drain().await;
    let shade = world.stack.simulators.device("fcm", &world.token).shade;
    let notice = &shade[0].delivery.notice;
    assert_eq!((notice.title.as_deref(), notice.body.as_deref()), (Some("Sale"), Some("only 3 left")));
    let answer = world.push("push/async/ann", push("gone")).await;
    world.stack.drain().await;
    let (_, trace) = world.trace("ann", &answer[0]["msg_id"]).await;
    let content = trace["rules"].as_array().unwrap().last().unwrap();
    assert_eq!(content["inputs"], json!({"source": "message", "missing_template": "gone"}));
}

#[tokio::test]
async fn a_synchronous_push_that_was_cut_off_is_not_sent_again() {
    let world = World::start().await;
    let (key, path) = ([("idempotency-key", "k1")], world.app.path("push/sync/ann"));
    let body = notice("Now", json!({})).to_string();
    world.stack.runtime.faults.fail_next_of("answer", 1);
    world.stack.clock.advance(Duration::from_secs(1));
    assert_eq!(world.stack.call_with("POST", &path, &world.app.token, &key, body.clone()).await.0, 503);
    let first = world.stack.messages.all(&world.app.key)[0].0.msg_id;
    world.stack.clock.advance(Duration::from_secs(60));
    let (status, answer) = world.stack.call_with("POST", &path, &world.app.token, &key, body).await;
    let answer = &answer["data"][0];
    assert_eq!((status, &answer["msg_id"], &answer["device_id"]), (200, &json!(first), &json!("phone")));
    let text = json!("pushed by an earlier try, see the trace");
    assert_eq!((&answer["pushStatus"], &answer["desc"]), (&json!("ERROR"), &text));
    assert_eq!((world.shown(), world.stack.delivered("fcm", &world.token)), (1, 1));
}

#[tokio::test]
async fn a_dry_run_shows_an_instant_push_as_each_vendor_would_get_it() {
    let world = World::start().await;
    world.stack.bind(&world.app, "ann", "tablet", HUAWEI, &huawei::device_token()).await;
    let block = json!({"message": {"android": {"notification": {"title": "for Huawei"}}}});
    let message = json!({"title": "for all", "content": "c", "huawei": block});
    let question = |to: Value| json!({"to": to, "strategy": 2, "pushMessage": message});
    let explained = world.push("push/explain", question(json!(["ann"]))).await;
    assert_eq!(explained["verdict"], "push");
    let titles: Vec<(&str, &str)> = explained["devices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["vendor"].as_str().unwrap(), one["notification"]["title"].as_str().unwrap()))
        .collect();
    assert_eq!(titles, [("fcm", "for all"), ("huawei", "for Huawei")]);
    for device in explained["devices"].as_array().unwrap() {
        assert!(device["vendor_request"].to_string().contains(device["notification"]["title"].as_str().unwrap()));
    }
    assert!(world.stack.messages.all(&world.app.key).is_empty() && world.stack.next_visible().is_none());
    let two = world.refused("push/explain", question(json!(["ann", "bob"]))).await;
    assert_eq!((two.0, two.2.as_str()), (400, "params to's size can't exceed limit 1"));
    // What was sent is rebuilt in the same way.
    let pushed = world.push("push/async/ann", json!({ "pushMessage": message })).await;
    world.stack.drain().await;
    let path = format!("push/trace/{}?user=ann&request=true", pushed[0]["msg_id"].as_str().unwrap());
    let trace = world.stack.ok("GET", &world.app.path(&path), &world.app.token, json!({})).await;
    assert_eq!(trace["data"]["devices"][1]["notification"]["title"], "for Huawei");
}

#[tokio::test(start_paused = true)]
async fn a_push_function_that_fails_or_hangs_costs_its_caller_ten_seconds_at_most() {
    let world = World::start().await;
    for (text, hangs) in [("the push service failed, see the trace", false), ("no answer in time, see the trace", true)]
    {
        match hangs {
            false => world.stack.push_functions.faults.fail_next_of("push_now", 1),
            true => world.stack.push_functions.faults.slow_next_of("push_now", HANGS),
        }
        let begun = Instant::now();
        let answer = world.push("push/sync/ann", notice("t", json!({}))).await;
        assert!(begun.elapsed() <= Duration::from_secs(10));
        let id = answer[0]["msg_id"].clone();
        let expected = json!([{"pushStatus": "ERROR", "desc": text, "device_id": "phone", "msg_id": id}]);
        assert_eq!(answer, expected);
        assert_eq!(world.trace("ann", &id).await.1["verdict"], "pending");
        world.stack.drain().await;
        let trace = world.trace("ann", &id).await.1;
        let ended = &trace["devices"][0]["attempts"][0];
        assert_eq!((&trace["verdict"], &ended["outcome"]), (&json!("push"), &json!("fail")), "{trace}");
        assert_eq!((&ended["reason"], &ended["detail"]), (&json!("push yet but fail"), &json!("no answer")));
    }
    assert_eq!(world.shown(), 0);
}

#[tokio::test]
async fn a_push_whose_answer_is_lost_is_not_sent_again_and_its_trace_says_that_it_was_sent() {
    let world = World::start().await;
    world.stack.push_functions.faults.fail_next_of("answer_push_now", 1);
    let answer = world.push("push/sync/ann", notice("t", json!({}))).await;
    assert_eq!(answer[0]["pushStatus"], "ERROR");
    world.stack.drain().await;
    let trace = world.trace("ann", &answer[0]["msg_id"]).await.1;
    let attempts = trace["devices"][0]["attempts"].as_array().unwrap();
    assert_eq!((attempts.len(), &attempts[0]["outcome"]), (1, &json!("success")), "{trace}");
    assert_eq!((world.shown(), world.stack.delivered("fcm", &world.token)), (1, 1));
}

#[tokio::test]
async fn a_push_without_an_answer_that_cannot_be_looked_up_waits_until_it_can() {
    let world = World::start().await;
    world.stack.push_functions.faults.fail_next_of("answer_push_now", 1);
    let answer = world.push("push/sync/ann", notice("t", json!({}))).await;
    world.stack.messages.faults.fail_next_of("ended", 2);
    world.stack.drain().await;
    let trace = world.trace("ann", &answer[0]["msg_id"]).await.1;
    assert_eq!(trace["devices"][0]["attempts"][0]["outcome"], "success", "{trace}");
    assert_eq!(world.stack.delivered("fcm", &world.token), 1);
}
