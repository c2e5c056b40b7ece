//! Traces of messages.

use super::{Case, Messages, run::suite};
use crate::{
    domain::{
        decision::{Decision, DeviceDecision, Verdict},
        group::{GroupMessage, GroupPage, GroupRecord},
        id::{GroupId, MessageId, UserId},
        message::{Content, Receiver},
        outcome::{DeviceOutcome, PushStatus},
        reason::Reason,
    },
    ports::{
        clock::Entropy,
        traces::{MAX_TRACES, MessageTrace},
    },
    testing::sample::{content, device, notifier_name, user},
};

suite! { "traces" on Messages:
    what_became_of_messages_comes_in_the_order_asked,
    as_many_are_read_at_once_as_a_read_takes,
    traces_of_users_and_apps_are_apart,
    a_receiver_of_a_group_message_finds_its_own_record,
    a_later_page_hides_no_earlier_one,
    a_decision_for_all_holds_for_whoever_has_no_other,
}

async fn what_became_of_messages_comes_in_the_order_asked(messages: &Messages, case: &Case) {
    let [silent, pushed, waiting, unknown] = [(); 4].map(|()| case.message_id());
    for msg_id in [silent, pushed, waiting] {
        let message = (&content("hi", case.at(0)), &[to("ann", msg_id)][..]);
        messages.store.store(&case.app, &[message], &messages.clock).await.unwrap();
    }
    messages.store.record_decision(&case.app, &to("ann", silent), &skip(Reason::UserOnline)).await.unwrap();
    let outcomes = vec![outcome(case)];
    messages.store.record_outcomes(&case.app, &to("ann", pushed), &(&push()).into(), &outcomes).await.unwrap();
    let suppression = MessageTrace { decision: Some(skip(Reason::UserOnline)), outcomes: Vec::new() };
    let ended = MessageTrace { decision: Some(push()), outcomes };
    let nothing = MessageTrace::default();
    let asked = [pushed, unknown, silent, waiting];
    assert_eq!(traces(messages, case, &asked).await, [ended, nothing.clone(), suppression, nothing]);
    assert_eq!(traces(messages, case, &[]).await, []);
}

async fn as_many_are_read_at_once_as_a_read_takes(messages: &Messages, case: &Case) {
    let ids: Vec<MessageId> = (0..MAX_TRACES).map(|_| case.message_id()).collect();
    let everywhere: Vec<Receiver> = ids.iter().map(|msg_id| to("ann", *msg_id)).collect();
    messages.store.store(&case.app, &[(&content("hi", case.at(0)), &everywhere)], &messages.clock).await.unwrap();
    for receiver in everywhere.iter().step_by(3) {
        messages.store.record_decision(&case.app, receiver, &push()).await.unwrap();
    }
    let decided: Vec<bool> = traces(messages, case, &ids).await.iter().map(|trace| trace.decision.is_some()).collect();
    assert_eq!(decided, (0..MAX_TRACES).map(|index| index % 3 == 0).collect::<Vec<_>>());
}

async fn traces_of_users_and_apps_are_apart(messages: &Messages, case: &Case) {
    let msg_id = case.message_id();
    messages
        .store
        .store(&case.app, &[(&content("hi", case.at(0)), &[to("ann", msg_id)])], &messages.clock)
        .await
        .unwrap();
    messages.store.record_decision(&case.app, &to("ann", msg_id), &push()).await.unwrap();
    for (app, who) in [(&case.app, "an"), (&case.app, "ann.b"), (&case.elsewhere, "ann")] {
        assert_eq!(messages.store.traces(app, &user(who), &[msg_id]).await.unwrap(), [MessageTrace::default()]);
    }
}

async fn a_receiver_of_a_group_message_finds_its_own_record(messages: &Messages, case: &Case) {
    let msg_id = of_group(messages, case).await;
    assert_eq!(group_trace(messages, case, "ann", msg_id).await, MessageTrace::default());
    record(messages, case, None, msg_id, &[pushed(case, "ann"), silent("bob")]).await;
    let ended = MessageTrace { decision: Some(push()), outcomes: vec![outcome(case)] };
    assert_eq!(group_trace(messages, case, "ann", msg_id).await, ended);
    let suppression = MessageTrace { decision: Some(skip(Reason::UserOnline)), outcomes: Vec::new() };
    assert_eq!(group_trace(messages, case, "bob", msg_id).await, suppression);
    assert_eq!(group_trace(messages, case, "cat", msg_id).await, MessageTrace::default());
    let elsewhere = messages.store.group_trace(&case.elsewhere, &user("ann"), msg_id).await.unwrap();
    assert_eq!(elsewhere, MessageTrace::default());
}

async fn a_later_page_hides_no_earlier_one(messages: &Messages, case: &Case) {
    let msg_id = of_group(messages, case).await;
    record(messages, case, Some("mia"), msg_id, &[silent("zoe")]).await;
    assert_eq!(group_trace(messages, case, "ann", msg_id).await, MessageTrace::default());
    record(messages, case, None, msg_id, &[pushed(case, "ann"), silent("mia")]).await;
    for (who, pushes) in [("ann", 1), ("mia", 0), ("zoe", 0)] {
        let trace = group_trace(messages, case, who, msg_id).await;
        assert_eq!((trace.decision.is_some(), trace.outcomes.len()), (true, pushes), "{who}");
    }
}

async fn a_decision_for_all_holds_for_whoever_has_no_other(messages: &Messages, case: &Case) {
    let msg_id = of_group(messages, case).await;
    let for_all = skip(Reason::ExpireMessage);
    messages.store.record_for_all(&case.app, &group(), msg_id, &for_all).await.unwrap();
    assert_eq!(group_trace(messages, case, "zoe", msg_id).await.decision, Some(for_all.clone()));
    // Pages decided before stay as they are. Users who join them later have the decision for all.
    record(messages, case, None, msg_id, &[pushed(case, "ann")]).await;
    assert_eq!(group_trace(messages, case, "ann", msg_id).await.decision, Some(push()));
    assert_eq!(group_trace(messages, case, "zoe", msg_id).await.decision, Some(for_all));
}

// ---- steps ----

async fn traces(messages: &Messages, case: &Case, ids: &[MessageId]) -> Vec<MessageTrace> {
    messages.store.traces(&case.app, &user("ann"), ids).await.unwrap()
}

async fn group_trace(messages: &Messages, case: &Case, who: &str, msg_id: MessageId) -> MessageTrace {
    messages.store.group_trace(&case.app, &user(who), msg_id).await.unwrap()
}

async fn of_group(messages: &Messages, case: &Case) -> MessageId {
    let msg_id = MessageId::of_group(case.at(0), case.entropy.bits());
    let content = Content { group: Some(group()), ..content("hi", case.at(0)) };
    let message = GroupMessage { group: group(), msg_id, n: 1, users: None, content };
    messages.store.store_for_group(&case.app, &message, &messages.clock).await.unwrap();
    msg_id
}

async fn record(messages: &Messages, case: &Case, after: Option<&str>, msg_id: MessageId, records: &[GroupRecord]) {
    let page = GroupPage { group: group(), page: u32::from(after.is_some()), after: after.map(user) };
    messages.store.record_page(&case.app, &page, msg_id, records).await.unwrap();
}

fn group() -> GroupId {
    GroupId::parse("g").unwrap()
}

fn to(who: &str, msg_id: MessageId) -> Receiver {
    Receiver { user: user(who), msg_id }
}

fn skip(reason: Reason) -> Decision {
    Decision { verdict: Verdict::Skip { reason }, rules: Vec::new(), devices: Vec::new() }
}

fn push() -> Decision {
    let (device_id, notifier) = (device("phone"), Some(notifier_name("fcm")));
    let chosen = DeviceDecision { device_id, notifier, verdict: Verdict::Push };
    Decision { verdict: Verdict::Push, rules: Vec::new(), devices: vec![chosen] }
}

fn outcome(case: &Case) -> DeviceOutcome {
    DeviceOutcome {
        device_id: device("phone"),
        notifier: notifier_name("fcm"),
        at: case.at(3),
        status: PushStatus::Success,
        reason: None,
        detail: None,
        vendor_message_id: Some("id at the vendor".into()),
        attempts: 1,
        earlier: Vec::new(),
    }
}

fn silent(who: &str) -> GroupRecord {
    group_record(user(who), &skip(Reason::UserOnline), Vec::new())
}

fn pushed(case: &Case, who: &str) -> GroupRecord {
    group_record(user(who), &push(), vec![outcome(case)])
}

fn group_record(user: UserId, decision: &Decision, outcomes: Vec<DeviceOutcome>) -> GroupRecord {
    GroupRecord { user, decision: decision.into(), outcomes }
}
