//! Acknowledgements.

use std::collections::BTreeSet;

use futures::future::join_all;

use super::{Case, Messages, run::suite};
use crate::{
    domain::{
        id::{AppKey, MessageId},
        message::Receiver,
    },
    ports::{
        acks::{AckSpan, Acks},
        timelines::Order,
    },
    testing::sample::user,
};

suite! { "acks" on Messages:
    acknowledged_is_what_the_user_acknowledged_and_nothing_else,
    what_is_not_behind_a_message_is_left_out,
    a_few_are_read_at_once_from_either_end,
    acknowledging_again_changes_nothing,
    a_push_that_a_vendor_took_counts_as_acknowledged,
    hundreds_are_acknowledged_at_once,
    nobody_has_an_older_mark_but_of_an_older_version,
    acknowledgements_of_users_and_apps_are_apart,
}

async fn acknowledged_is_what_the_user_acknowledged_and_nothing_else(messages: &Messages, case: &Case) {
    let (a, b, of_group) = (id(case, 1), id(case, 2), MessageId::of_group(case.at(2), 7));
    acknowledge(messages, case, &[b, of_group]).await;
    assert_eq!(acknowledged(messages, case, MessageId::MIN).await, BTreeSet::from([b, of_group]));
    let seen = [a, b, of_group].map(|id| is_acknowledged(messages, &case.app, id));
    assert_eq!(join_all(seen).await, [false, true, true]);
}

async fn what_is_not_behind_a_message_is_left_out(messages: &Messages, case: &Case) {
    let [a, b, c] = [1, 2, 3].map(|second| id(case, second));
    acknowledge(messages, case, &[a, b, c]).await;
    assert_eq!(acknowledged(messages, case, b).await, BTreeSet::from([c]));
    assert_eq!(acknowledged(messages, case, b.previous()).await, BTreeSet::from([b, c]));
}

async fn a_push_that_a_vendor_took_counts_as_acknowledged(messages: &Messages, case: &Case) {
    let (taken, other) = (id(case, 1), id(case, 2));
    let receiver = Receiver { user: user("ann"), msg_id: taken };
    for _ in 0..2 {
        messages.store.note_taken(&case.app, &receiver).await.unwrap();
    }
    assert_eq!(acknowledged(messages, case, MessageId::MIN).await, BTreeSet::from([taken]));
    let seen = [taken, other].map(|id| is_acknowledged(messages, &case.app, id));
    assert_eq!(join_all(seen).await, [true, false]);
}

async fn a_few_are_read_at_once_from_either_end(messages: &Messages, case: &Case) {
    let ids: Vec<MessageId> = (0..7).map(|second| id(case, second)).collect();
    acknowledge(messages, case, &ids).await;
    let read = async |after: usize, up_to: usize, order, limit| {
        let span = AckSpan { after: ids[after], up_to: ids[up_to], order, limit };
        messages.store.acknowledged(&case.app, &user("ann"), &span).await.unwrap()
    };
    let some = |of: &[MessageId], rest| Acks { ids: of.iter().copied().collect(), rest };
    assert_eq!(read(0, 5, Order::OldestFirst, 2).await, some(&ids[1..3], Some(ids[2])));
    assert_eq!(read(0, 5, Order::NewestFirst, 2).await, some(&ids[4..6], Some(ids[4])));
    for order in [Order::OldestFirst, Order::NewestFirst] {
        assert_eq!(read(0, 5, order, 6).await, some(&ids[1..6], None));
        assert_eq!(read(3, 4, order, 6).await, some(&ids[4..5], None));
    }
}

async fn acknowledging_again_changes_nothing(messages: &Messages, case: &Case) {
    let a = id(case, 1);
    for _ in 0..2 {
        acknowledge(messages, case, &[a, a]).await;
        assert_eq!(acknowledged(messages, case, MessageId::MIN).await, BTreeSet::from([a]));
    }
}

async fn hundreds_are_acknowledged_at_once(messages: &Messages, case: &Case) {
    let ids: Vec<MessageId> = (0..700).map(|second| id(case, second)).collect();
    acknowledge(messages, case, &ids).await;
    assert_eq!(acknowledged(messages, case, MessageId::MIN).await, ids.into_iter().collect());
}

async fn nobody_has_an_older_mark_but_of_an_older_version(messages: &Messages, case: &Case) {
    acknowledge(messages, case, &[id(case, 1)]).await;
    assert_eq!(messages.store.older_mark(&case.app, &user("ann")).await.unwrap(), None);
}

async fn acknowledgements_of_users_and_apps_are_apart(messages: &Messages, case: &Case) {
    let a = id(case, 1);
    messages.store.acknowledge(&case.app, &user("bob"), &[a]).await.unwrap();
    messages.store.acknowledge(&case.elsewhere, &user("ann"), &[a]).await.unwrap();
    assert_eq!(acknowledged(messages, case, MessageId::MIN).await, BTreeSet::new());
    assert!(!is_acknowledged(messages, &case.app, a).await);
    assert!(is_acknowledged(messages, &case.elsewhere, a).await);
}

fn id(case: &Case, second: u64) -> MessageId {
    MessageId::new(case.at(second), 7)
}

async fn acknowledge(messages: &Messages, case: &Case, ids: &[MessageId]) {
    messages.store.acknowledge(&case.app, &user("ann"), ids).await.unwrap();
}

async fn acknowledged(messages: &Messages, case: &Case, after: MessageId) -> BTreeSet<MessageId> {
    let span = AckSpan { after, up_to: MessageId::MAX, order: Order::OldestFirst, limit: 1_000 };
    let acks = messages.store.acknowledged(&case.app, &user("ann"), &span).await.unwrap();
    assert_eq!(acks.rest, None);
    acks.ids
}

async fn is_acknowledged(messages: &Messages, app: &AppKey, id: MessageId) -> bool {
    messages.store.is_acknowledged(app, &Receiver { user: user("ann"), msg_id: id }).await.unwrap()
}
