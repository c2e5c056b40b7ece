//! Recalls.

use super::{Case, Messages, run::suite};
use crate::{
    domain::{
        decision::{Decision, Verdict},
        group::{GroupMessage, GroupPage, GroupRecord},
        id::{GroupId, MessageId},
        instant::{InstantPush, Strategy},
        message::{Content, Receiver},
        outcome::{DeviceOutcome, PushStatus},
        recall::MessageTarget,
        time::Timestamp,
    },
    ports::{
        clock::Entropy,
        recalls::RecordsChunk,
        timelines::{Order, Span, Timeline},
    },
    testing::sample::{content, device, notifier_name, user},
};

suite! { "recalls" on Messages:
    a_recalled_message_leaves_the_timeline_of_its_user_alone,
    a_recalled_group_message_leaves_the_timeline_of_its_group_alone,
    an_instant_push_is_recalled_whether_it_waits_or_not,
    a_message_that_nobody_stored_is_not_recalled,
    a_repeat_keeps_the_first_time,
    a_recalled_one_to_one_message_counts_as_acknowledged,
    everything_that_was_recorded_of_a_group_message_is_read,
}

async fn a_recalled_message_leaves_the_timeline_of_its_user_alone(messages: &Messages, case: &Case) {
    let [kept, recalled] = [(); 2].map(|()| case.message_id());
    for name in ["ann", "bob"] {
        let both = [kept, recalled].map(|msg_id| Receiver { user: user(name), msg_id });
        messages.store.store(&case.app, &[(&content("hi", case.at(0)), &both)], &messages.clock).await.unwrap();
    }
    assert!(recall(messages, case, &to_user("ann"), recalled).await);
    assert_eq!(timeline(messages, case, &Timeline::User(user("ann"))).await, [kept]);
    assert_eq!(timeline(messages, case, &Timeline::User(user("bob"))).await.len(), 2);
    let asked = [(to_user("ann"), kept), (to_user("ann"), recalled), (to_user("bob"), recalled)];
    let found = messages.store.recalled(&case.app, &asked).await.unwrap();
    assert_eq!(found, [None, Some(case.at(5)), None]);
    assert_eq!(messages.store.recalled(&case.app, &[]).await.unwrap(), []);
    // Its trace still finds it.
    assert!(messages.reader.message(&case.app, &user("ann"), recalled).await.unwrap().is_some());
}

async fn a_recalled_group_message_leaves_the_timeline_of_its_group_alone(messages: &Messages, case: &Case) {
    let [kept, recalled] = [1, 2].map(|second| MessageId::of_group(case.at(second), case.entropy.bits()));
    for msg_id in [kept, recalled] {
        let sent = content("hi", case.at(0));
        let message = GroupMessage { group: birds(), msg_id, n: 1, users: None, content: sent };
        messages.store.store_for_group(&case.app, &message, &messages.clock).await.unwrap();
    }
    assert!(recall(messages, case, &MessageTarget::Group(birds()), recalled).await);
    assert_eq!(timeline(messages, case, &Timeline::Group(birds())).await, [kept]);
    let asked = [(MessageTarget::Group(birds()), recalled), (MessageTarget::Group(birds()), kept)];
    assert_eq!(messages.store.recalled(&case.app, &asked).await.unwrap(), [Some(case.at(5)), None]);
}

async fn an_instant_push_is_recalled_whether_it_waits_or_not(messages: &Messages, case: &Case) {
    for strategy in Strategy::ALL {
        let instant = Some(Box::new(InstantPush { strategy, ..InstantPush::default() }));
        let sent = Content { instant, ..content("a notice", case.at(0)) };
        let msg_id = case.message_id();
        let to = ["ann", "bob"].map(|name| Receiver { user: user(name), msg_id });
        messages.store.store(&case.app, &[(&sent, &to)], &messages.clock).await.unwrap();
        for second in [1, 2] {
            let recalled = messages.store.recall(&case.app, &to_user("ann"), msg_id, case.at(second)).await.unwrap();
            assert!(recalled, "{strategy:?}");
        }
        assert!(!recall(messages, case, &to_user("carl"), msg_id).await);
        let asked = ["ann", "bob", "carl"].map(|name| (to_user(name), msg_id));
        let found = messages.store.recalled(&case.app, &asked).await.unwrap();
        assert_eq!(found, [Some(case.at(1)), None, None], "{strategy:?}");
        assert!(!timeline(messages, case, &Timeline::User(user("ann"))).await.contains(&msg_id), "{strategy:?}");
        let beside = timeline(messages, case, &Timeline::InstantPushes(user("ann"))).await;
        assert_eq!(beside.contains(&msg_id), !strategy.waits_for_login(), "its trace is still found, {strategy:?}");
    }
}

async fn a_message_that_nobody_stored_is_not_recalled(messages: &Messages, case: &Case) {
    let msg_id = case.message_id();
    for to in [to_user("ann"), MessageTarget::Group(birds())] {
        assert!(!recall(messages, case, &to, msg_id).await);
        assert_eq!(messages.store.recalled(&case.app, &[(to, msg_id)]).await.unwrap(), [None]);
    }
}

async fn a_repeat_keeps_the_first_time(messages: &Messages, case: &Case) {
    let msg_id = store(messages, case).await;
    for second in [1, 2] {
        let recalled = messages.store.recall(&case.app, &to_user("ann"), msg_id, case.at(second)).await.unwrap();
        assert!(recalled);
    }
    let found = messages.store.recalled(&case.app, &[(to_user("ann"), msg_id)]).await.unwrap();
    assert_eq!(found, [Some(case.at(1))]);
}

async fn a_recalled_one_to_one_message_counts_as_acknowledged(messages: &Messages, case: &Case) {
    let msg_id = store(messages, case).await;
    let receiver = Receiver { user: user("ann"), msg_id };
    assert!(!messages.store.is_acknowledged(&case.app, &receiver).await.unwrap());
    recall(messages, case, &to_user("ann"), msg_id).await;
    assert!(messages.store.is_acknowledged(&case.app, &receiver).await.unwrap());
}

async fn everything_that_was_recorded_of_a_group_message_is_read(messages: &Messages, case: &Case) {
    let msg_id = MessageId::of_group(case.at(1), case.entropy.bits());
    let names: Vec<String> = (0..7).map(|number| format!("u{number}")).collect();
    for (number, name) in names.iter().enumerate() {
        let after = number.checked_sub(1).map(|before| user(&names[before]));
        let page = GroupPage { group: birds(), page: u32::try_from(number).unwrap(), after };
        messages.store.record_page(&case.app, &page, msg_id, &[record(name, case.at(2))]).await.unwrap();
    }
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let RecordsChunk { records, rest } = messages.store.records(&case.app, msg_id, after.as_deref()).await.unwrap();
        found.extend(records.into_iter().map(|record| record.user.as_str().to_owned()));
        after = rest;
        if after.is_none() {
            break;
        }
    }
    found.sort();
    assert_eq!(found, names);
    let other = messages.store.records(&case.app, case.message_id(), None).await.unwrap();
    assert_eq!(other, RecordsChunk::default());
}

fn birds() -> GroupId {
    GroupId::parse("birds").unwrap()
}

fn to_user(name: &str) -> MessageTarget {
    MessageTarget::User(user(name))
}

async fn store(messages: &Messages, case: &Case) -> MessageId {
    let msg_id = case.message_id();
    let to = [Receiver { user: user("ann"), msg_id }];
    messages.store.store(&case.app, &[(&content("hi", case.at(0)), &to)], &messages.clock).await.unwrap();
    msg_id
}

async fn recall(messages: &Messages, case: &Case, to: &MessageTarget, msg_id: MessageId) -> bool {
    messages.store.recall(&case.app, to, msg_id, case.at(5)).await.unwrap()
}

async fn timeline(messages: &Messages, case: &Case, timeline: &Timeline) -> Vec<MessageId> {
    let span =
        Span { after: MessageId::MIN, up_to: MessageId::MAX, order: Order::OldestFirst, limit: 10, strong: true };
    let chunk = messages.store.timeline(&case.app, timeline, &span).await.unwrap();
    chunk.entries.into_iter().map(|entry| entry.msg_id).collect()
}

fn record(name: &str, at: Timestamp) -> GroupRecord {
    let outcome = DeviceOutcome {
        device_id: device("phone"),
        notifier: notifier_name("n"),
        at,
        status: PushStatus::Success,
        reason: None,
        detail: None,
        vendor_message_id: None,
        attempts: 1,
        earlier: Vec::new(),
    };
    let decision = Decision { verdict: Verdict::Push, rules: Vec::new(), devices: Vec::new() };
    GroupRecord { user: user(name), decision: (&decision).into(), outcomes: vec![outcome] }
}
