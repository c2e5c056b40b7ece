//! The offline store: messages are stored and read.

use std::time::Duration;

use serde_json::json;

use super::{Case, Messages, run::suite};
use crate::{
    domain::{
        group::GroupMessage,
        id::GroupId,
        instant::{InstantPush, Strategy},
        message::{Content, MAX_CONTENT_BYTES, MAX_ID_AGE, MAX_RECEIVERS, MessageType, OFFLINE_RETENTION, Receiver},
    },
    ports::{
        clock::Clock,
        error::StoreError,
        messages::StoredMessage,
        timelines::{Order, Span, Timeline},
    },
    testing::sample::{content, object, user},
};

suite! { "messages" on Messages:
    a_stored_message_is_read_as_it_was,
    content_survives_whatever_it_holds,
    what_a_message_says_is_read_by_itself,
    a_message_to_very_many_reaches_all_of_them,
    what_is_stored_is_known_by_receiver_and_id,
    no_row_is_written_under_an_old_id,
    a_message_that_may_be_stored_is_stored_for_whom_it_was_not,
    messages_of_several_contents_are_stored_together,
    an_expired_message_is_not_read,
    an_instant_push_that_waits_for_nobody_stands_beside_the_offline_store,
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

async fn a_message_to_very_many_reaches_all_of_them(messages: &Messages, case: &Case) {
    let everyone = receivers(case, MAX_RECEIVERS);
    let sent = content("to all", case.at(0));
    store(messages, case, &sent, &everyone).await;
    for to in &everyone {
        assert_eq!(read(messages, case, to).await.map(|found| found.content), Some(sent.clone()), "{}", to.user);
    }
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

async fn an_instant_push_that_waits_for_nobody_stands_beside_the_offline_store(messages: &Messages, case: &Case) {
    for strategy in Strategy::ALL {
        let instant = Some(Box::new(InstantPush { strategy, ..InstantPush::default() }));
        let sent = Content { instant, ..content("a notice", case.at(0)) };
        let waits = strategy.waits_for_login();
        let to = receiver(case, "ann");
        store(messages, case, &sent, &[to.clone()]).await;
        let read = read(messages, case, &to).await;
        assert_eq!(
            read,
            Some(StoredMessage { content: sent.clone(), decision: None, outcomes: vec![], receipts: vec![] })
        );
        assert_eq!(messages.store.content(&case.app, &to, None).await.unwrap(), Some(sent));
        assert_eq!(messages.store.stored(&case.app, &[to.clone()]).await.unwrap(), [waits]);
        let span =
            Span { after: to.msg_id.previous(), up_to: to.msg_id, order: Order::OldestFirst, limit: 1, strong: true };
        for (timeline, lists) in
            [(Timeline::User(to.user.clone()), waits), (Timeline::InstantPushes(to.user.clone()), !waits)]
        {
            let listed = messages.store.timeline(&case.app, &timeline, &span).await.unwrap();
            assert_eq!(listed.entries.len(), usize::from(lists), "{strategy:?} {timeline:?}");
        }
    }
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

async fn a_message_that_may_be_stored_is_stored_for_whom_it_was_not(messages: &Messages, case: &Case) {
    let everyone = receivers(case, 60);
    let sent = content("again", case.at(0));
    store(messages, case, &sent, &everyone[..30]).await;
    store(messages, case, &sent, &everyone).await;
    for to in &everyone {
        assert!(read(messages, case, to).await.is_some(), "{}", to.user);
    }
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

pub(super) async fn store(messages: &Messages, case: &Case, sent: &Content, to: &[Receiver]) {
    messages.store.store(&case.app, &[(sent, to)], &messages.clock).await.unwrap();
}

pub(super) async fn stored(messages: &Messages, case: &Case, name: &str) -> Receiver {
    let to = receiver(case, name);
    store(messages, case, &content("hello", case.at(0)), &[to.clone()]).await;
    to
}

pub(super) async fn read(messages: &Messages, case: &Case, to: &Receiver) -> Option<StoredMessage> {
    messages.reader.message(&case.app, &to.user, to.msg_id).await.unwrap()
}

pub(super) fn receiver(case: &Case, name: &str) -> Receiver {
    Receiver { user: user(name), msg_id: case.message_id() }
}

pub(super) fn receivers(case: &Case, count: usize) -> Vec<Receiver> {
    (0..count).map(|number| receiver(case, &format!("u{number}"))).collect()
}
