//! What became of a message: the first decision, and the outcomes of its pushes.

use futures::future::join_all;
use serde_json::json;

use super::{
    Case, Messages,
    messages::{read, receiver, receivers, store, stored},
    run::suite,
};
use crate::{
    domain::{
        attempt::{Attempt, RetryReason},
        decision::{Decision, DeviceDecision, Rule, RuleResult, RuleTrace, Verdict},
        id::{DeviceId, NotifierName},
        message::Receiver,
        outcome::{DeviceOutcome, PushStatus},
        reason::Reason,
    },
    ports::messages::StoredMessage,
    testing::sample::{content, device, notifier_name, object, user},
};

suite! { "outcomes" on Messages:
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
    receivers_and_apps_are_apart,
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

// ---- steps ----

async fn ended(messages: &Messages, case: &Case, to: &Receiver) -> Vec<(DeviceId, NotifierName)> {
    messages.store.ended(&case.app, &to.user, to.msg_id).await.unwrap()
}

fn skip(reason: Reason) -> Decision {
    let rule = RuleTrace {
        rule: Rule::Presence,
        result: RuleResult::Skip { reason },
        inputs: object(json!({ "online": ["phone"], "policy": "all_offline" })),
    };
    Decision { verdict: Verdict::Skip { reason }, rules: vec![rule], devices: Vec::new() }
}

pub(super) fn push() -> Decision {
    let chosen =
        DeviceDecision { device_id: device("phone"), notifier: Some(notifier_name("fcm")), verdict: Verdict::Push };
    Decision { verdict: Verdict::Push, rules: Vec::new(), devices: vec![chosen] }
}

pub(super) fn outcome(device_id: &str, notifier: &str, case: &Case) -> DeviceOutcome {
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
