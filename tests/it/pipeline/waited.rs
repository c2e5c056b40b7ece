//! Pushes that wait for a vendor while something changes: nobody gets somebody else's push, or a push that is outdated.

use std::time::Duration;

use curlew_tests::simulators::{Endpoint, Fault, FaultRule, Filter, fcm, huawei};
use serde_json::{Value, json};
use shared::{
    domain::{
        decision::Verdict,
        id::MessageId,
        outcome::{DeviceOutcome, PushStatus},
        reason::Reason,
        vendor::Vendor,
    },
    ports::clock::Clock,
};

use super::harness::{FCM, HUAWEI, Stack, TestApp};

/// Seconds in FCM's `Retry-After`.
const HINT: u64 = 30;
const MINUTE: Duration = Duration::from_secs(61);

/// Ann's phone, and a message to her that was tried once while FCM is down.
struct Outage {
    stack: Stack,
    app: TestApp,
    token: String,
    id: MessageId,
}

impl Outage {
    async fn begin() -> Self {
        Self::begin_with(json!({})).await
    }

    async fn begin_with(more: Value) -> Self {
        let stack = Stack::start();
        let app = stack.app("chat", json!({"advanced_push": true})).await;
        let token = fcm::device_token();
        stack.bind(&app, "ann", "phone", FCM, &token).await;
        stack.simulators.add_faults([fcm::scripts::unavailable(HINT).always()]).unwrap();
        let id = stack.send(&app, &["ann"], more).await[0];
        while stack.step().await {}
        assert_eq!(stack.push_queues.of(Vendor::Fcm).push_jobs()[0].attempts, 1);
        Self { stack, app, token, id }
    }

    /// Ends FCM's fault, and handles what waits.
    async fn end(&self) {
        self.stack.simulators.clear_faults(None);
        self.stack.drain().await;
        assert!(self.stack.dead_letters.is_empty());
    }

    /// Ann's phone logs out, which frees its token, and in again.
    async fn log_in_again(&self) {
        let logout = json!({"device_id": "phone", "unbind_token": true});
        self.stack.ok("POST", &self.app.path("users/ann/push/logout"), &self.app.token, logout).await;
        self.stack.bind(&self.app, "ann", "phone", FCM, &self.token).await;
    }

    async fn put(&self, path: &str, body: Value) {
        self.stack.ok("PUT", &self.app.path(path), &self.app.token, body).await;
    }

    async fn outcome(&self) -> DeviceOutcome {
        self.stack.stored(&self.app, "ann", self.id).await.outcomes.remove(0)
    }

    /// Checks that nothing was shown, for this reason, and that the trace has the earlier attempt.
    async fn assert_suppressed(&self, reason: Reason) {
        assert_eq!(self.stack.delivered("fcm", &self.token), 0);
        let outcome = self.outcome().await;
        assert_eq!((outcome.status, outcome.reason), (PushStatus::Fail, Some(reason)));
        assert_eq!(outcome.earlier.len(), 1, "{outcome:?}");
    }
}

fn sends(stack: &Stack) -> usize {
    stack.simulators.requests(&Filter::default().at(Endpoint::Send)).len()
}

// ---- the token moved ----

#[tokio::test]
async fn a_waiting_push_does_not_follow_the_token_to_another_user() {
    let outage = Outage::begin().await;
    outage.stack.bind(&outage.app, "bob", "phone", FCM, &outage.token).await;
    outage.end().await;
    outage.assert_suppressed(Reason::TokenMoved).await;
}

#[tokio::test]
async fn a_waiting_push_is_not_sent_to_a_token_that_was_unbound() {
    let outage = Outage::begin().await;
    outage.put("users/ann/push/binding", json!({"device_id": "phone", "device_token": "", "notifier_name": FCM})).await;
    outage.end().await;
    outage.assert_suppressed(Reason::TokenMoved).await;
}

#[tokio::test]
async fn a_waiting_push_is_not_sent_to_a_device_that_logged_out() {
    let outage = Outage::begin().await;
    let logout = json!({"device_id": "phone", "unbind_token": true});
    outage.stack.ok("POST", &outage.app.path("users/ann/push/logout"), &outage.app.token, logout).await;
    outage.end().await;
    outage.assert_suppressed(Reason::TokenMoved).await;
}

#[tokio::test]
async fn a_push_that_waits_for_a_limit_does_not_follow_the_token_either() {
    let outage = Outage::begin().await;
    // It is not tried, because of FCM's `Retry-After`.
    let second = outage.stack.send(&outage.app, &["ann"], json!({})).await[0];
    while outage.stack.step().await {}
    outage.stack.bind(&outage.app, "bob", "phone", FCM, &outage.token).await;
    outage.end().await;
    assert_eq!(outage.stack.delivered("fcm", &outage.token), 0);
    let outcome = outage.stack.stored(&outage.app, "ann", second).await.outcomes.remove(0);
    assert_eq!((outcome.reason, outcome.earlier.len()), (Some(Reason::TokenMoved), 0));
}

#[tokio::test]
async fn a_redelivered_push_whose_decision_is_old_does_not_follow_the_token() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let token = fcm::device_token();
    stack.bind(&app, "ann", "phone", FCM, &token).await;
    stack.send(&app, &["ann"], json!({})).await;
    stack.dispatch_batch(&stack.dispatch_queue.take(10), 1).await;
    let records = stack.push_queues.of(Vendor::Fcm).take(10);
    // The function died with the batch. The queue redelivers the record after the visibility timeout.
    stack.bind(&app, "bob", "phone", FCM, &token).await;
    stack.clock.advance(MINUTE);
    stack.push_batch(Vendor::Fcm, &records, 2).await;
    assert_eq!((stack.delivered("fcm", &token), sends(&stack)), (0, 0));
}

#[tokio::test]
async fn a_waiting_push_is_sent_when_its_owner_can_be_read_again() {
    let outage = Outage::begin().await;
    outage.stack.users.faults.fail_next_of("token_owners", 2);
    outage.end().await;
    assert_eq!(outage.stack.users.faults.left(), 0);
    assert_eq!(outage.stack.delivered("fcm", &outage.token), 1);
    assert_eq!(outage.outcome().await.attempts, 2, "what could not be begun is no attempt");
}

#[tokio::test]
async fn a_fresh_push_reads_no_owner_and_no_message() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let token = fcm::device_token();
    stack.bind(&app, "ann", "phone", FCM, &token).await;
    stack.users.faults.fail_next_of("token_owners", 1);
    stack.messages.faults.fail_next_of("content", 1);
    stack.send(&app, &["ann"], json!({})).await;
    stack.drain().await;
    assert_eq!(stack.shown("fcm", &token), 1);
    assert_eq!((stack.users.faults.left(), stack.messages.faults.left()), (1, 1));
}

#[tokio::test]
async fn a_push_is_as_old_as_the_facts_that_it_was_decided_from() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let token = fcm::device_token();
    stack.bind(&app, "ann", "phone", FCM, &token).await;
    stack.send(&app, &["ann"], json!({})).await;
    stack.users.faults.stall("facts", &stack.clock, MINUTE);
    stack.dispatch_batch(&stack.dispatch_queue.take(10), 1).await;
    stack.bind(&app, "bob", "phone", FCM, &token).await;
    stack.drain().await;
    assert_eq!((stack.delivered("fcm", &token), sends(&stack)), (0, 0));
}

#[tokio::test]
async fn a_push_that_may_be_a_minute_late_survives_that_its_device_logs_in_again() {
    let outage = Outage::begin_with(json!({"push_ttl": 60})).await;
    outage.stack.clock.advance(Duration::from_secs(10));
    outage.log_in_again().await;
    outage.end().await;
    assert_eq!(outage.stack.shown("fcm", &outage.token), 1);
    assert_eq!(outage.outcome().await.earlier.len(), 1);
}

#[tokio::test]
async fn a_push_is_decided_again_no_sooner_than_the_decision_sees_the_new_binding() {
    let outage = Outage::begin().await;
    outage.stack.clock.advance(Duration::from_secs(HINT));
    outage.log_in_again().await;
    outage.stack.simulators.clear_faults(None);
    outage.stack.step().await;
    assert!(outage.stack.dispatch_queue.is_empty());
    outage.stack.clock.advance(Duration::from_secs(5));
    outage.stack.step().await;
    assert_eq!(outage.stack.dispatch_queue.dispatch_jobs().len(), 1, "it is decided again");
    outage.end().await;
    assert_eq!(outage.stack.shown("fcm", &outage.token), 1);
}

// ---- the receiver changed ----

#[tokio::test]
async fn a_waiting_push_is_not_shown_to_a_user_who_came_online() {
    let outage = Outage::begin().await;
    outage.stack.clock.advance(MINUTE);
    outage.stack.report(&outage.app, "ann", "phone", "s1", "online").await;
    outage.end().await;
    outage.assert_suppressed(Reason::UserOnline).await;
}

#[tokio::test]
async fn a_waiting_push_is_not_shown_to_a_user_who_read_the_message() {
    let outage = Outage::begin().await;
    outage.stack.clock.advance(MINUTE);
    let ack = json!({"msg_ids": [outage.id]});
    outage.stack.ok("POST", &outage.app.path("users/ann/offline_messages/ack"), &outage.app.token, ack).await;
    outage.end().await;
    outage.assert_suppressed(Reason::MessageDelivered).await;
}

#[tokio::test]
async fn a_waiting_push_is_not_shown_on_a_device_that_was_kicked() {
    let outage = Outage::begin().await;
    outage.stack.clock.advance(MINUTE);
    outage.stack.report(&outage.app, "ann", "phone", "s1", "online").await;
    outage.stack.report(&outage.app, "ann", "phone", "s1", "kicked").await;
    outage.end().await;
    outage.assert_suppressed(Reason::DeviceKicked).await;
}

#[tokio::test]
async fn a_waiting_push_does_not_disturb_a_user_who_wants_none_any_more() {
    for (settings, reason) in
        [(json!({"type": "NONE"}), Reason::ModeNone), (json!({"ignoreDuration": 3_600_000}), Reason::UserIgnorePush)]
    {
        let outage = Outage::begin().await;
        outage.stack.clock.advance(MINUTE);
        outage.put("users/ann/notification/user/ann", settings).await;
        outage.end().await;
        outage.assert_suppressed(reason).await;
    }
}

#[tokio::test]
async fn a_waiting_push_goes_on_with_its_attempts_when_nothing_changed() {
    let outage = Outage::begin().await;
    outage.stack.clock.advance(MINUTE);
    outage.stack.step().await;
    assert_eq!(outage.stack.dispatch_queue.dispatch_jobs().len(), 1, "it is decided again");
    while outage.stack.step().await {}
    outage.end().await;
    assert_eq!(outage.stack.delivered("fcm", &outage.token), 1);
    let outcome = outage.outcome().await;
    assert_eq!((outcome.status, outcome.attempts, outcome.earlier.len()), (PushStatus::Success, 3, 2));
}

/// Two phones of one user, through two vendors or two notifiers of one: each push waits on its own.
#[tokio::test]
async fn the_pushes_of_a_user_with_several_devices_do_not_multiply_while_they_wait() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let (fcm_token, huawei_token) = (fcm::device_token(), huawei::device_token());
    stack.bind(&app, "ann", "phone", FCM, &fcm_token).await;
    stack.bind(&app, "ann", "tablet", HUAWEI, &huawei_token).await;
    let huawei_down = FaultRule::new("huawei", Fault::status(503)).at(Endpoint::Send).always();
    stack.simulators.add_faults([fcm::scripts::unavailable(HINT).always(), huawei_down]).unwrap();
    let id = stack.send(&app, &["ann"], json!({})).await[0];
    let began = stack.clock.now();
    while stack.clock.now().since(began) < Duration::from_secs(900) {
        while stack.step().await {
            let pushes = [Vendor::Fcm, Vendor::Huawei].map(|vendor| stack.push_queues.of(vendor).push_jobs().len());
            let undecided = stack.dispatch_queue.dispatch_jobs().len();
            assert!(pushes.iter().sum::<usize>() + undecided <= 2, "{pushes:?} and {undecided}");
        }
        stack.clock.advance(Duration::from_secs(5));
    }
    stack.simulators.clear_faults(None);
    stack.drain().await;
    assert_eq!((stack.delivered("fcm", &fcm_token), stack.delivered("huawei", &huawei_token)), (1, 1));
    let outcomes = stack.stored(&app, "ann", id).await.outcomes;
    assert!(
        outcomes.iter().all(|outcome| outcome.status == PushStatus::Success && outcome.attempts > 5),
        "{outcomes:?}"
    );
}

#[tokio::test]
async fn a_push_that_was_taken_is_not_repeated_when_another_of_the_user_waits() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let (fcm_token, huawei_token) = (fcm::device_token(), huawei::device_token());
    stack.bind(&app, "ann", "phone", FCM, &fcm_token).await;
    stack.bind(&app, "ann", "tablet", HUAWEI, &huawei_token).await;
    stack.simulators.add_faults([fcm::scripts::unavailable(HINT).always()]).unwrap();
    // The outcome of the tablet's push cannot be stored.
    stack.messages.faults.fail_next_of("record_outcomes", 1);
    stack.send(&app, &["ann"], json!({})).await;
    while stack.step().await {}
    stack.clock.advance(MINUTE);
    while stack.step().await {}
    stack.simulators.clear_faults(None);
    stack.drain().await;
    assert_eq!((stack.delivered("fcm", &fcm_token), stack.delivered("huawei", &huawei_token)), (1, 1));
}

#[tokio::test]
async fn a_push_that_waited_reaches_the_device_under_its_new_token() {
    let outage = Outage::begin().await;
    outage.stack.clock.advance(MINUTE);
    let renewed = fcm::device_token();
    outage.stack.bind(&outage.app, "ann", "phone", FCM, &renewed).await;
    outage.end().await;
    assert_eq!((outage.stack.delivered("fcm", &outage.token), outage.stack.delivered("fcm", &renewed)), (0, 1));
}

#[tokio::test]
async fn a_phone_that_waits_gets_its_push_under_another_device_id_of_the_same_user() {
    for waits_a_minute in [false, true] {
        let outage = Outage::begin().await;
        if waits_a_minute {
            outage.stack.clock.advance(MINUTE);
        }
        outage.stack.bind(&outage.app, "ann", "tablet", FCM, &outage.token).await;
        outage.end().await;
        assert_eq!(outage.stack.shown("fcm", &outage.token), 1, "{waits_a_minute}");
        let mut outcomes = outage.stack.stored(&outage.app, "ann", outage.id).await.outcomes;
        outcomes.sort_by(|a, b| a.device_id.cmp(&b.device_id));
        let ends: Vec<_> = outcomes.iter().map(|one| (one.device_id.as_str(), one.status, one.reason)).collect();
        let moved = ("phone", PushStatus::Fail, Some(Reason::TokenMoved));
        assert_eq!(ends, [moved, ("tablet", PushStatus::Success, None)], "{waits_a_minute}");
        assert_eq!(outcomes[1].earlier.len(), 1);
    }
}

#[tokio::test]
async fn a_device_that_is_bound_while_a_push_waits_gets_none_and_is_recorded_so() {
    let outage = Outage::begin().await;
    outage.stack.clock.advance(MINUTE);
    let new = fcm::device_token();
    outage.stack.bind(&outage.app, "ann", "tablet", FCM, &new).await;
    outage.end().await;
    assert_eq!((outage.stack.shown("fcm", &outage.token), outage.stack.shown("fcm", &new)), (1, 0));
    let decision = outage.stack.stored(&outage.app, "ann", outage.id).await.decision.unwrap();
    let mut devices: Vec<_> = decision.devices.iter().map(|one| (one.device_id.as_str(), one.verdict)).collect();
    devices.sort_by_key(|(id, _)| *id);
    assert_eq!(devices, [("phone", Verdict::Push), ("tablet", Verdict::Skip { reason: Reason::TokenMoved })]);
}

#[tokio::test]
async fn a_phone_that_was_pushed_to_gets_nothing_more_under_the_device_id_that_waits() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let (pushed, waits) = (fcm::device_token(), huawei::device_token());
    stack.bind(&app, "ann", "phone", FCM, &pushed).await;
    stack.bind(&app, "ann", "tablet", HUAWEI, &waits).await;
    let down = FaultRule::new("huawei", Fault::status(503)).at(Endpoint::Send).always();
    stack.simulators.add_faults([down]).unwrap();
    let id = stack.send(&app, &["ann"], json!({})).await[0];
    while stack.step().await {}
    stack.clock.advance(MINUTE);
    // The phone takes the tablet's name, and the tablet logs out.
    let unbind = json!({"device_id": "tablet", "device_token": "", "notifier_name": HUAWEI});
    stack.ok("PUT", &app.path("users/ann/push/binding"), &app.token, unbind).await;
    stack.bind(&app, "ann", "tablet", FCM, &pushed).await;
    stack.simulators.clear_faults(None);
    stack.drain().await;
    assert_eq!((stack.delivered("fcm", &pushed), stack.delivered("huawei", &waits)), (1, 0));
    let stored = stack.stored(&app, "ann", id).await;
    let reasons: Vec<_> = stored.outcomes.iter().map(|one| (one.device_id.as_str(), one.reason)).collect();
    assert_eq!(reasons, [("phone", None), ("tablet", Some(Reason::TokenMoved))]);
}

#[tokio::test]
async fn a_push_that_waited_for_a_minute_ends_when_its_token_moved() {
    let outage = Outage::begin().await;
    outage.stack.clock.advance(MINUTE);
    outage.stack.bind(&outage.app, "bob", "phone", FCM, &outage.token).await;
    outage.end().await;
    outage.assert_suppressed(Reason::TokenMoved).await;
}

#[tokio::test]
async fn a_push_that_waits_for_less_than_a_minute_is_not_decided_again() {
    let outage = Outage::begin().await;
    outage.stack.clock.advance(Duration::from_secs(HINT));
    outage.stack.simulators.clear_faults(None);
    outage.stack.step().await;
    assert!(outage.stack.dispatch_queue.is_empty());
    outage.end().await;
    assert_eq!(outage.stack.delivered("fcm", &outage.token), 1);
}

#[tokio::test]
async fn an_outage_ends_with_the_message_and_never_loops_beyond_it() {
    let outage = Outage::begin_with(json!({"push_ttl": 900})).await;
    // `drain` fails after a thousand steps.
    outage.stack.drain().await;
    let outcome = outage.outcome().await;
    assert_eq!((outcome.status, outcome.reason), (PushStatus::Fail, Some(Reason::ExpireMessage)));
    assert!((8..40).contains(&outcome.attempts), "{}", outcome.attempts);
}

#[tokio::test]
async fn what_cannot_be_returned_to_be_decided_again_waits_on() {
    let outage = Outage::begin().await;
    outage.stack.clock.advance(MINUTE);
    outage.stack.messages.faults.fail_next_of("content", 1);
    outage.stack.dispatch_queue.faults.fail_next_of("queue_dispatch", 1);
    outage.end().await;
    assert_eq!((outage.stack.messages.faults.left(), outage.stack.dispatch_queue.faults.left()), (0, 0));
    assert_eq!((outage.stack.delivered("fcm", &outage.token), outage.outcome().await.attempts), (1, 2));
}

#[tokio::test]
async fn a_push_that_is_returned_twice_is_shown_once() {
    let outage = Outage::begin().await;
    outage.stack.clock.advance(MINUTE);
    outage.stack.dispatch_queue.faults.lose_answer_of("queue_dispatch", 1);
    outage.end().await;
    assert_eq!((sends(&outage.stack), outage.stack.shown("fcm", &outage.token)), (2, 1));
}

#[tokio::test]
async fn of_a_group_those_are_pushed_who_still_want_to_be() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let members = ["ann", "bob", "carol"];
    stack.ok("POST", &app.path("chatgroups"), &app.token, json!({"groupid": "birds", "members": members})).await;
    let mut tokens = Vec::new();
    for member in members {
        tokens.push(fcm::device_token());
        stack.bind(&app, member, "phone", FCM, tokens.last().unwrap()).await;
    }
    stack.simulators.add_faults([fcm::scripts::unavailable(HINT).always()]).unwrap();
    let message = json!({"from": "dave", "to": ["birds"], "type": "txt", "body": {"msg": "hello"}});
    let sent = stack.ok("POST", &app.path("messages/chatgroups"), &app.token, message).await;
    while stack.step().await {}
    stack.clock.advance(MINUTE);
    stack.report(&app, "bob", "phone", "s1", "online").await;
    stack.bind(&app, "eve", "phone", FCM, &tokens[2]).await;
    stack.simulators.clear_faults(None);
    stack.drain().await;
    let shown: Vec<usize> = tokens.iter().map(|token| stack.shown("fcm", token)).collect();
    assert_eq!(shown, [1, 0, 0]);
    let id = sent["data"]["birds"].as_str().unwrap();
    for (member, reason) in [("bob", "user online"), ("carol", "token moved")] {
        let path = app.path(&format!("push/trace/{id}?user={member}&group=birds"));
        let trace = stack.ok("GET", &path, &app.token, json!({})).await;
        let attempts = trace["data"]["devices"][0]["attempts"].as_array().unwrap();
        assert_eq!((attempts.len(), &attempts[1]["reason"]), (2, &json!(reason)), "{member}: {trace}");
    }
    assert!(stack.dead_letters.is_empty());
}
