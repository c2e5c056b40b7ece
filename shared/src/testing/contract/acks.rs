//! Acknowledgements.

use std::{collections::BTreeSet, time::Duration};

use futures::future::join_all;

use super::{Case, Messages, run::suite};
use crate::{
    domain::{
        ack::{Inbox, MAX_LISTED},
        id::{AppKey, MessageId},
        message::{OFFLINE_RETENTION, Receiver},
    },
    testing::sample::{content, user},
};

suite! { "acks" on Messages:
    nothing_waits_for_whom_nothing_was_sent,
    messages_wait_until_they_are_acknowledged,
    a_message_that_is_stored_below_acknowledged_ones_waits,
    acknowledging_again_changes_nothing,
    acknowledged_is_what_the_user_acknowledged_and_nothing_else,
    the_newest_wait_when_there_are_too_many,
    what_is_no_longer_kept_does_not_wait,
    acknowledgements_of_users_and_apps_are_apart,
}

async fn nothing_waits_for_whom_nothing_was_sent(messages: &Messages, case: &Case) {
    assert_eq!(inbox(messages, case).await, Inbox::empty(case.at(100)));
}

async fn messages_wait_until_they_are_acknowledged(messages: &Messages, case: &Case) {
    let [a, b, c] = [1, 2, 3].map(|second| id(case, second));
    store(messages, case, &[a, b, c]).await;
    assert_eq!(inbox(messages, case).await.waiting, BTreeSet::from([a, b, c]));
    let of_group = group_id(case, 2);
    messages.store.acknowledge(&case.app, &user("ann"), &[b, of_group]).await.unwrap();
    let inbox = inbox(messages, case).await;
    assert_eq!((inbox.waiting, inbox.acknowledged), (BTreeSet::from([a, c]), BTreeSet::from([b, of_group])));
}

async fn a_message_that_is_stored_below_acknowledged_ones_waits(messages: &Messages, case: &Case) {
    let [a, late, c] = [1, 2, 3].map(|second| id(case, second));
    store(messages, case, &[a, c]).await;
    messages.store.acknowledge(&case.app, &user("ann"), &[a, c]).await.unwrap();
    assert_eq!(inbox(messages, case).await.waiting, BTreeSet::new());
    store(messages, case, &[late]).await;
    assert_eq!(inbox(messages, case).await.waiting, BTreeSet::from([late]));
    let seen = [a, late, c].map(|id| is_acknowledged(messages, &case.app, id));
    assert_eq!(join_all(seen).await, [true, false, true]);
}

async fn acknowledging_again_changes_nothing(messages: &Messages, case: &Case) {
    let [a, b] = [1, 2].map(|second| id(case, second));
    store(messages, case, &[a, b]).await;
    for _ in 0..2 {
        messages.store.acknowledge(&case.app, &user("ann"), &[a, a]).await.unwrap();
        assert_eq!(inbox(messages, case).await.waiting, BTreeSet::from([b]));
    }
}

async fn acknowledged_is_what_the_user_acknowledged_and_nothing_else(messages: &Messages, case: &Case) {
    let [a, b] = [1, 2].map(|second| id(case, second));
    store(messages, case, &[a, b]).await;
    messages.store.acknowledge(&case.app, &user("ann"), &[b]).await.unwrap();
    assert!(!is_acknowledged(messages, &case.app, a).await);
    assert!(is_acknowledged(messages, &case.app, b).await);
}

async fn the_newest_wait_when_there_are_too_many(messages: &Messages, case: &Case) {
    let sent: Vec<MessageId> = (0..MAX_LISTED + 2).map(|second| id(case, second.try_into().unwrap())).collect();
    store(messages, case, &sent).await;
    let kept: BTreeSet<MessageId> = sent[2..].iter().copied().collect();
    assert_eq!(inbox(messages, case).await.waiting, kept);
}

async fn what_is_no_longer_kept_does_not_wait(messages: &Messages, case: &Case) {
    let sent = id(case, 1);
    store(messages, case, &[sent]).await;
    let late = sent.accepted_at().plus(OFFLINE_RETENTION + Duration::from_millis(1));
    let inbox = messages.store.inbox(&case.app, &user("ann"), late).await.unwrap();
    assert_eq!(inbox, Inbox::empty(late));
}

async fn acknowledgements_of_users_and_apps_are_apart(messages: &Messages, case: &Case) {
    let a = id(case, 1);
    messages.store.acknowledge(&case.app, &user("bob"), &[a]).await.unwrap();
    messages.store.acknowledge(&case.elsewhere, &user("ann"), &[a]).await.unwrap();
    assert!(!is_acknowledged(messages, &case.app, a).await);
    assert!(is_acknowledged(messages, &case.elsewhere, a).await);
}

fn id(case: &Case, second: u64) -> MessageId {
    MessageId::new(case.at(second), 7)
}

fn group_id(case: &Case, second: u64) -> MessageId {
    MessageId::of_group(case.at(second), 7)
}

async fn store(messages: &Messages, case: &Case, ids: &[MessageId]) {
    let receivers: Vec<Receiver> = ids.iter().map(|id| Receiver { user: user("ann"), msg_id: *id }).collect();
    messages.store.store(&case.app, &[(&content("hi", case.at(0)), &receivers)], &messages.clock).await.unwrap();
}

async fn inbox(messages: &Messages, case: &Case) -> Inbox {
    messages.store.inbox(&case.app, &user("ann"), case.at(100)).await.unwrap()
}

async fn is_acknowledged(messages: &Messages, app: &AppKey, id: MessageId) -> bool {
    messages.store.is_acknowledged(app, &Receiver { user: user("ann"), msg_id: id }).await.unwrap()
}
