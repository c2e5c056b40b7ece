//! The offline store.

use std::time::Duration;

use futures::future::join_all;
use serde_json::json;

use super::{Case, Messages, run::suite};
use crate::{
    domain::{
        attempt::{Attempt, RetryReason},
        decision::{Decision, DeviceDecision, Rule, RuleResult, RuleTrace, Verdict},
        group::GroupMessage,
        id::{DeviceId, GroupId, NotifierName},
        message::{Content, MAX_CONTENT_BYTES, MAX_ID_AGE, MAX_RECEIVERS, MessageType, OFFLINE_RETENTION, Receiver},
        outcome::{DeviceOutcome, PushStatus},
        reason::Reason,
        receipt::{DeviceReceipt, Event},
    },
    ports::{clock::Clock, error::StoreError, messages::StoredMessage},
    testing::sample::{content, device, notifier_name, object, user},
};

suite! { "messages" on Messages:
    a_stored_message_is_read_as_it_was,
    content_survives_whatever_it_holds,
    what_a_message_says_is_read_by_itself,
    a_message_to_very_many_reaches_all_of_them,
    what_is_stored_is_known_by_receiver_and_id,
    no_row_is_written_under_an_old_id,
    a_message_that_may_be_stored_is_stored_for_whom_it_was_not,
    storing_again_keeps_decision_and_outcomes,
    storing_again_for_very_many_keeps_decision_and_outcomes,
    the_first_decision_wins,
    decisions_that_race_leave_one,
    outcomes_come_with_the_decision,
    outcomes_do_not_replace_the_decision,
    outcomes_of_several_devices_add_up,
    an_outcome_recorded_again_is_there_once,
    outcomes_that_race_are_all_kept,
    a_hundred_outcomes_fit_in_one_write,
    outcomes_of_look_alike_devices_are_apart,
    what_ended_is_known_by_device_and_notifier,
    what_is_recorded_for_a_message_that_is_not_stored_is_not_read,
    messages_of_several_contents_are_stored_together,
    receipts_add_up_and_the_first_of_each_stays,
    equal_receipts_that_race_are_new_once,
    a_receipt_for_what_is_not_stored_or_expired_changes_nothing,
    a_receipt_for_a_message_that_is_not_accepted_yet_changes_nothing,
    receivers_and_apps_are_apart,
    an_expired_message_is_not_read,
}

async fn a_stored_message_is_read_as_it_was(messages: &Messages, case: &Case) {
    let to = receiver(case, "ann");
    assert_eq!(read(messages, case, &to).await, None);
    let sent = content("hello", case.at(0));
    store(messages, case, &sent, &[to.clone()]).await;
    assert_eq!(
        read(messages, case, &to).await,
        Some(StoredMessage { content: sent, decision: None, outcomes: vec![], receipts: vec![] })
    );
}

async fn content_survives_whatever_it_holds(messages: &Messages, case: &Case) {
    let strange = json!({
        "msg": "\u{4f60}\u{597d} \u{1f426} \" \\ \n \u{0}", "null": null, "list": [1, -1, 1.5, 1e100, true, {"deep": []}],
        "": "empty key", "9007199254740993": 9_007_199_254_740_993_i64, "largest": u64::MAX,
    });
    let filler = "x".repeat(MAX_CONTENT_BYTES - 200);
    for (online_only, ext) in [(false, json!({})), (true, json!({ "em_push_ext": { "title": "t" }, "filler": filler }))]
    {
        let sent = Content {
            kind: MessageType::Custom,
            body: object(strange.clone()),
            ext: object(ext),
            online_only,
            ..content("", case.at(7))
        };
        let to = receiver(case, "ann");
        store(messages, case, &sent, &[to.clone()]).await;
        assert_eq!(read(messages, case, &to).await.unwrap().content, sent);
    }
}

async fn what_a_message_says_is_read_by_itself(messages: &Messages, case: &Case) {
    let (to, stranger) = (receiver(case, "ann"), receiver(case, "bob"));
    let sent = content("hello", case.at(0));
    store(messages, case, &sent, &[to.clone()]).await;
    assert_eq!(messages.store.content(&case.app, &to, None).await.unwrap(), Some(sent.clone()));
    assert_eq!(messages.store.content(&case.app, &stranger, None).await.unwrap(), None);
    assert_eq!(messages.store.content(&case.elsewhere, &to, None).await.unwrap(), None);
    let group = GroupId::parse("birds").unwrap();
    let of_group = GroupMessage { group: group.clone(), msg_id: to.msg_id, n: 1, users: None, content: sent.clone() };
    messages.store.store_for_group(&case.app, &of_group, &messages.clock).await.unwrap();
    assert_eq!(messages.store.content(&case.app, &stranger, Some(&group)).await.unwrap(), None);
    let member = Receiver { user: user("bob"), msg_id: to.msg_id };
    assert_eq!(messages.store.content(&case.app, &member, Some(&group)).await.unwrap(), Some(sent));
}

async fn what_is_stored_is_known_by_receiver_and_id(messages: &Messages, case: &Case) {
    let all: Vec<Receiver> = (0..230).map(|number| receiver(case, &format!("u{number:03}"))).collect();
    let some: Vec<Receiver> = all.iter().step_by(3).cloned().collect();
    store(messages, case, &content("hello", case.at(0)), &some).await;
    let found = messages.store.stored(&case.app, &all).await.unwrap();
    assert_eq!(found, (0..230).map(|number| number % 3 == 0).collect::<Vec<_>>());
    let exchanged = Receiver { user: all[0].user.clone(), msg_id: all[3].msg_id };
    assert_eq!(messages.store.stored(&case.app, &[exchanged]).await.unwrap(), [false]);
    assert_eq!(messages.store.stored(&case.elsewhere, &all[..1]).await.unwrap(), [false]);
    assert!(messages.store.stored(&case.app, &[]).await.unwrap().is_empty());

    let [group, other] = ["birds", "cats"].map(|name| GroupId::parse(name).unwrap());
    let msg_id = case.message_id();
    let sent = content("hello", case.at(0));
    let message = GroupMessage { group: group.clone(), msg_id, n: 1, users: Some(vec![user("ann")]), content: sent };
    messages.store.store_for_group(&case.app, &message, &messages.clock).await.unwrap();
    let asked = [(other, msg_id), (group.clone(), msg_id), (group, case.message_id())];
    assert_eq!(messages.store.stored_for_groups(&case.app, &asked).await.unwrap(), [false, true, false]);
}

async fn no_row_is_written_under_an_old_id(messages: &Messages, case: &Case) {
    let before = messages.clock.now();
    let sent = content("hello", case.at(0));
    for receivers in [1, 60] {
        let to: Vec<Receiver> = (0..receivers).map(|number| receiver(case, &format!("u{number:03}"))).collect();
        messages.clock.set(to[0].msg_id.accepted_at().plus(MAX_ID_AGE + Duration::from_millis(1)));
        let refused = messages.store.store(&case.app, &[(&sent, &to)], &messages.clock).await;
        assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
        assert_eq!(messages.store.stored(&case.app, &to).await.unwrap(), vec![false; receivers]);
        messages.clock.set(to[0].msg_id.accepted_at().plus(MAX_ID_AGE));
        store(messages, case, &sent, &to).await;
        assert_eq!(messages.store.stored(&case.app, &to).await.unwrap(), vec![true; receivers]);
    }
    let group = GroupId::parse("birds").unwrap();
    let message = GroupMessage { group, msg_id: case.message_id(), n: 1, users: None, content: sent };
    let asked = [(message.group.clone(), message.msg_id)];
    for (late, stored) in [(1, false), (0, true)] {
        messages.clock.set(message.msg_id.accepted_at().plus(MAX_ID_AGE + Duration::from_millis(late)));
        let done = messages.store.store_for_group(&case.app, &message, &messages.clock).await;
        assert_eq!(done.is_ok(), stored, "{done:?}");
        assert_eq!(messages.store.stored_for_groups(&case.app, &asked).await.unwrap(), [stored]);
    }
    messages.clock.set(before);
}

async fn receipts_add_up_and_the_first_of_each_stays(messages: &Messages, case: &Case) {
    let to = receiver(case, "ann");
    store(messages, case, &content("hello", case.at(0)), &[to.clone()]).await;
    let first = receipt(case, "phone", Event::Delivered, 1);
    let others = [receipt(case, "phone", Event::Clicked, 2), receipt(case, "tab#let", Event::Delivered, 3)];
    let mut are_first = Vec::new();
    for one in [&first, &others[0], &others[1], &receipt(case, "phone", Event::Delivered, 9)] {
        are_first.push(messages.store.record_receipt(&case.app, &to, one, case.at(10)).await.unwrap());
    }
    assert_eq!(are_first, [true, true, true, false]);
    let [clicked, other] = others;
    assert_eq!(read(messages, case, &to).await.unwrap().receipts, [first, clicked, other]);
}

async fn equal_receipts_that_race_are_new_once(messages: &Messages, case: &Case) {
    let to = stored(messages, case, "ann").await;
    let all: Vec<DeviceReceipt> = (0..8).map(|second| receipt(case, "phone", Event::Clicked, second)).collect();
    let now = case.at(10);
    let records = all.iter().map(|one| messages.store.record_receipt(&case.app, &to, one, now));
    let new = join_all(records).await.into_iter().filter(|recorded| *recorded.as_ref().unwrap()).count();
    assert_eq!((new, read(messages, case, &to).await.unwrap().receipts.len()), (1, 1));
}

async fn a_receipt_for_what_is_not_stored_or_expired_changes_nothing(messages: &Messages, case: &Case) {
    let (to, unknown) = (receiver(case, "ann"), receiver(case, "bob"));
    store(messages, case, &content("hello", case.at(0)), &[to.clone()]).await;
    let one = receipt(case, "phone", Event::Delivered, 1);
    messages.store.record_receipt(&case.app, &unknown, &one, case.at(1)).await.unwrap();
    let late = case.at(OFFLINE_RETENTION.as_secs() + 1);
    assert!(!messages.store.record_receipt(&case.app, &to, &one, late).await.unwrap());
    assert_eq!(read(messages, case, &unknown).await, None);
    assert_eq!(read(messages, case, &to).await.unwrap().receipts, []);
}

async fn a_receipt_for_a_message_that_is_not_accepted_yet_changes_nothing(messages: &Messages, case: &Case) {
    let to = stored(messages, case, "ann").await;
    let one = receipt(case, "phone", Event::Delivered, 1);
    // Clocks may be ten minutes apart.
    for (before, is_recorded) in [(600_001, false), (600_000, true)] {
        let now = to.msg_id.accepted_at().minus(Duration::from_millis(before));
        assert_eq!(messages.store.record_receipt(&case.app, &to, &one, now).await.unwrap(), is_recorded);
        assert_eq!(read(messages, case, &to).await.unwrap().receipts.len(), usize::from(is_recorded));
    }
}

fn receipt(case: &Case, of: &str, event: Event, second: u64) -> DeviceReceipt {
    let (device_id, notifier) = (device(of), notifier_name("one"));
    DeviceReceipt {
        device_id,
        notifier,
        event,
        code: "0".into(),
        vendor_message_id: Some("v".into()),
        at: case.at(second),
    }
}

async fn a_message_to_very_many_reaches_all_of_them(messages: &Messages, case: &Case) {
    let everyone = receivers(case, MAX_RECEIVERS);
    let sent = content("to all", case.at(0));
    store(messages, case, &sent, &everyone).await;
    for to in &everyone {
        assert_eq!(read(messages, case, to).await.map(|found| found.content), Some(sent.clone()), "{}", to.user);
    }
}

async fn a_message_that_may_be_stored_is_stored_for_whom_it_was_not(messages: &Messages, case: &Case) {
    let everyone = receivers(case, 60);
    let sent = content("again", case.at(0));
    store(messages, case, &sent, &everyone[..30]).await;
    store(messages, case, &sent, &everyone).await;
    for to in &everyone {
        assert!(read(messages, case, to).await.is_some(), "{}", to.user);
    }
}

async fn storing_again_keeps_decision_and_outcomes(messages: &Messages, case: &Case) {
    let (to, sent) = (receiver(case, "ann"), content("once", case.at(0)));
    store(messages, case, &sent, &[to.clone()]).await;
    let outcomes = [outcome("phone", "fcm", case)];
    messages.store.record_outcomes(&case.app, &to, &(&push()).into(), &outcomes).await.unwrap();
    store(messages, case, &sent, &[to.clone()]).await;
    let found = read(messages, case, &to).await.unwrap();
    let (decision, outcomes) = (Some(push()), outcomes.into());
    assert_eq!(found, StoredMessage { content: sent, decision, outcomes, receipts: vec![] });
}

async fn storing_again_for_very_many_keeps_decision_and_outcomes(messages: &Messages, case: &Case) {
    let (everyone, sent) = (receivers(case, 100), content("once", case.at(0)));
    store(messages, case, &sent, &everyone).await;
    for to in everyone.iter().step_by(2) {
        messages
            .store
            .record_outcomes(&case.app, to, &(&push()).into(), &[outcome("phone", "fcm", case)])
            .await
            .unwrap();
    }
    store(messages, case, &sent, &everyone).await;
    for (index, to) in everyone.iter().enumerate() {
        let found = read(messages, case, to).await.unwrap();
        let recorded = index % 2 == 0;
        assert_eq!((found.decision.is_some(), found.outcomes.len()), (recorded, usize::from(recorded)), "{}", to.user);
    }
}

async fn the_first_decision_wins(messages: &Messages, case: &Case) {
    let to = stored(messages, case, "ann").await;
    assert!(messages.store.record_decision(&case.app, &to, &skip(Reason::UserOnline)).await.unwrap());
    assert!(!messages.store.record_decision(&case.app, &to, &skip(Reason::DeviceKicked)).await.unwrap());
    let found = read(messages, case, &to).await.unwrap();
    assert_eq!(found.decision, Some(skip(Reason::UserOnline)));
    assert_eq!(found.outcomes, []);
}

async fn decisions_that_race_leave_one(messages: &Messages, case: &Case) {
    let to = stored(messages, case, "ann").await;
    let decisions = [skip(Reason::UserOnline), skip(Reason::DeviceKicked), push()];
    let records = decisions.iter().map(|decision| messages.store.record_decision(&case.app, &to, decision));
    let first = join_all(records).await.into_iter().filter(|recorded| *recorded.as_ref().unwrap()).count();
    assert_eq!(first, 1, "one of them is told that it is the first");
    let found = read(messages, case, &to).await.unwrap().decision.unwrap();
    assert!(decisions.contains(&found));
}

async fn outcomes_come_with_the_decision(messages: &Messages, case: &Case) {
    let to = stored(messages, case, "ann").await;
    let outcomes = [outcome("phone", "fcm", case)];
    messages.store.record_outcomes(&case.app, &to, &(&push()).into(), &outcomes).await.unwrap();
    let found = read(messages, case, &to).await.unwrap();
    assert_eq!((found.decision, found.outcomes), (Some(push()), outcomes.to_vec()));
}

async fn outcomes_do_not_replace_the_decision(messages: &Messages, case: &Case) {
    let to = stored(messages, case, "ann").await;
    messages.store.record_decision(&case.app, &to, &skip(Reason::UserOnline)).await.unwrap();
    messages.store.record_outcomes(&case.app, &to, &(&push()).into(), &[outcome("phone", "fcm", case)]).await.unwrap();
    let found = read(messages, case, &to).await.unwrap();
    assert_eq!((found.decision, found.outcomes.len()), (Some(skip(Reason::UserOnline)), 1));
}

async fn outcomes_of_several_devices_add_up(messages: &Messages, case: &Case) {
    let to = stored(messages, case, "ann").await;
    let (phone, tablet) = (outcome("phone", "fcm", case), outcome("tablet", "fcm", case));
    let second = outcome("phone", "huawei", case);
    let first = async |outcomes: &[DeviceOutcome]| {
        messages.store.record_outcomes(&case.app, &to, &(&push()).into(), outcomes).await.unwrap()
    };
    assert_eq!(first(&[tablet.clone(), phone.clone()]).await, [true, true]);
    assert_eq!(first(&[phone.clone(), second.clone()]).await, [false, true]);
    assert_eq!(first(&[]).await, [] as [bool; 0]);
    assert!(!messages.store.record_decision(&case.app, &to, &push()).await.unwrap());
    assert_eq!(read(messages, case, &to).await.unwrap().outcomes, [phone, second, tablet]);
}

async fn an_outcome_recorded_again_is_there_once(messages: &Messages, case: &Case) {
    let to = stored(messages, case, "ann").await;
    let first = outcome("phone", "fcm", case);
    let again = DeviceOutcome { attempts: 3, status: PushStatus::Success, reason: None, ..first.clone() };
    messages.store.record_outcomes(&case.app, &to, &(&push()).into(), &[first]).await.unwrap();
    messages.store.record_outcomes(&case.app, &to, &(&push()).into(), &[again.clone()]).await.unwrap();
    assert_eq!(read(messages, case, &to).await.unwrap().outcomes, [again]);
}

async fn outcomes_that_race_are_all_kept(messages: &Messages, case: &Case) {
    let to = stored(messages, case, "ann").await;
    let outcomes: Vec<[DeviceOutcome; 1]> = (0..8).map(|n| [outcome(&format!("d{n}"), "fcm", case)]).collect();
    let decision = push();
    let recorded = (&decision).into();
    let records = outcomes.iter().map(|one| messages.store.record_outcomes(&case.app, &to, &recorded, one));
    let first = join_all(records).await.into_iter().flat_map(|recorded| recorded.unwrap()).filter(|first| *first);
    assert_eq!(first.count(), outcomes.len(), "each device is new once");
    assert_eq!(read(messages, case, &to).await.unwrap().outcomes, outcomes.concat());
}

async fn a_hundred_outcomes_fit_in_one_write(messages: &Messages, case: &Case) {
    let to = stored(messages, case, "ann").await;
    let outcomes: Vec<_> = (0..100).map(|n| outcome(&format!("{n:0>128}"), &"n".repeat(128), case)).collect();
    messages.store.record_outcomes(&case.app, &to, &(&push()).into(), &outcomes).await.unwrap();
    assert_eq!(read(messages, case, &to).await.unwrap().outcomes, outcomes);
}

async fn outcomes_of_look_alike_devices_are_apart(messages: &Messages, case: &Case) {
    let to = stored(messages, case, "ann").await;
    let pairs = [("a", "b#c"), ("a#b", "c"), ("a%23b", "c"), ("a.b", "c"), ("a[0]", "c"), (":a", "c"), ("#a", "c")];
    for (device, notifier) in pairs {
        let one = [outcome(device, notifier, case)];
        messages.store.record_outcomes(&case.app, &to, &(&push()).into(), &one).await.unwrap();
    }
    let found = read(messages, case, &to).await.unwrap().outcomes;
    assert_eq!(found.len(), pairs.len());
    for (device, notifier) in pairs {
        assert!(found.contains(&outcome(device, notifier, case)), "{device} {notifier}");
    }
}

async fn what_ended_is_known_by_device_and_notifier(messages: &Messages, case: &Case) {
    let to = stored(messages, case, "ann").await;
    assert_eq!(ended(messages, case, &to).await, []);
    messages.store.record_decision(&case.app, &to, &push()).await.unwrap();
    assert_eq!(ended(messages, case, &to).await, []);
    let outcomes = [outcome("phone", "fcm", case), outcome("tablet", "huawei", case)];
    messages.store.record_outcomes(&case.app, &to, &(&push()).into(), &outcomes).await.unwrap();
    let both = [("phone", "fcm"), ("tablet", "huawei")].map(|(d, n)| (device(d), notifier_name(n)));
    assert_eq!(ended(messages, case, &to).await, both);
}

async fn what_is_recorded_for_a_message_that_is_not_stored_is_not_read(messages: &Messages, case: &Case) {
    let to = receiver(case, "ann");
    messages.store.record_decision(&case.app, &to, &push()).await.unwrap();
    messages.store.record_outcomes(&case.app, &to, &(&push()).into(), &[outcome("phone", "fcm", case)]).await.unwrap();
    messages
        .store
        .record_receipt(&case.app, &to, &receipt(case, "phone", Event::Clicked, 2), case.at(3))
        .await
        .unwrap();
    assert_eq!(read(messages, case, &to).await, None);
}

async fn messages_of_several_contents_are_stored_together(messages: &Messages, case: &Case) {
    let sent: Vec<Content> = (0..60).map(|number| content(&format!("number {number}"), case.at(0))).collect();
    let to: Vec<[Receiver; 2]> = sent.iter().map(|_| [receiver(case, "ann"), receiver(case, "bob")]).collect();
    let all: Vec<(&Content, &[Receiver])> = sent.iter().zip(&to).map(|(sent, to)| (sent, to.as_slice())).collect();
    messages.store.store(&case.app, &all, &messages.clock).await.unwrap();
    for (sent, to) in all {
        for to in to {
            assert_eq!(read(messages, case, to).await.map(|found| found.content).as_ref(), Some(sent));
        }
    }
}

async fn receivers_and_apps_are_apart(messages: &Messages, case: &Case) {
    let ann = stored(messages, case, "ann").await;
    let namesake = Receiver { user: user("ann.b"), ..ann.clone() };
    let later = Receiver { msg_id: case.message_id(), ..ann.clone() };
    store(messages, case, &content("same id", case.at(0)), &[namesake.clone()]).await;
    store(messages, case, &content("same user", case.at(0)), &[later.clone()]).await;
    let elsewhere = messages.reader.message(&case.elsewhere, &ann.user, ann.msg_id).await.unwrap();
    assert_eq!(elsewhere, None);
    messages.store.record_decision(&case.elsewhere, &ann, &push()).await.unwrap();
    messages.store.record_outcomes(&case.app, &ann, &(&push()).into(), &[outcome("phone", "fcm", case)]).await.unwrap();
    for other in [&namesake, &later] {
        let found = read(messages, case, other).await.unwrap();
        assert_eq!((found.decision, found.outcomes), (None, vec![]));
    }
}

async fn an_expired_message_is_not_read(messages: &Messages, case: &Case) {
    let to = stored(messages, case, "ann").await;
    let before = messages.clock.now();
    messages.clock.set(case.at(0).plus(OFFLINE_RETENTION - Duration::from_secs(1)));
    let visible = read(messages, case, &to).await;
    messages.clock.set(case.at(0).plus(OFFLINE_RETENTION));
    let expired = read(messages, case, &to).await;
    messages.clock.set(before);
    assert!(visible.is_some(), "it must wait for seven days");
    assert_eq!(expired, None);
}

// ---- steps ----

async fn store(messages: &Messages, case: &Case, sent: &Content, to: &[Receiver]) {
    messages.store.store(&case.app, &[(sent, to)], &messages.clock).await.unwrap();
}

async fn stored(messages: &Messages, case: &Case, name: &str) -> Receiver {
    let to = receiver(case, name);
    store(messages, case, &content("hello", case.at(0)), &[to.clone()]).await;
    to
}

async fn read(messages: &Messages, case: &Case, to: &Receiver) -> Option<StoredMessage> {
    messages.reader.message(&case.app, &to.user, to.msg_id).await.unwrap()
}

async fn ended(messages: &Messages, case: &Case, to: &Receiver) -> Vec<(DeviceId, NotifierName)> {
    messages.store.ended(&case.app, &to.user, to.msg_id).await.unwrap()
}

fn receiver(case: &Case, name: &str) -> Receiver {
    Receiver { user: user(name), msg_id: case.message_id() }
}

fn receivers(case: &Case, count: usize) -> Vec<Receiver> {
    (0..count).map(|number| receiver(case, &format!("u{number}"))).collect()
}

fn skip(reason: Reason) -> Decision {
    let rule = RuleTrace {
        rule: Rule::Presence,
        result: RuleResult::Skip { reason },
        inputs: object(json!({ "online": ["phone"], "policy": "all_offline" })),
    };
    Decision { verdict: Verdict::Skip { reason }, rules: vec![rule], devices: Vec::new() }
}

fn push() -> Decision {
    let chosen =
        DeviceDecision { device_id: device("phone"), notifier: Some(notifier_name("fcm")), verdict: Verdict::Push };
    Decision { verdict: Verdict::Push, rules: Vec::new(), devices: vec![chosen] }
}

fn outcome(device_id: &str, notifier: &str, case: &Case) -> DeviceOutcome {
    DeviceOutcome {
        device_id: device(device_id),
        notifier: notifier_name(notifier),
        at: case.at(3),
        status: PushStatus::Fail,
        reason: Some(Reason::IllegalBinding),
        detail: Some("UNREGISTERED".into()),
        vendor_message_id: None,
        attempts: 2,
        earlier: vec![Attempt {
            number: 1,
            at: case.at(2),
            retry_reason: RetryReason::Throttled,
            detail: Some("429".into()),
        }],
    }
}
