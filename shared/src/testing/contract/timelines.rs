//! Messages in the order of their ids.

use super::{Case, Messages, run::suite};
use crate::{
    domain::{
        group::GroupMessage,
        id::{GroupId, MessageId},
        instant::{InstantPush, Strategy},
        message::{Content, Receiver},
    },
    ports::timelines::{Chunk, Entry, Order, Span, Timeline},
    testing::sample::{content, user},
};

suite! { "timelines" on Messages:
    a_span_has_what_is_behind_its_begin_up_to_its_end,
    a_few_are_read_at_once_from_either_end,
    a_message_comes_as_it_was_stored,
    messages_of_a_group_say_whom_they_are_for,
    acknowledgements_and_traces_are_no_messages,
    timelines_of_users_groups_and_apps_are_apart,
    instant_pushes_that_wait_for_nobody_have_a_timeline_of_their_own,
}

async fn a_span_has_what_is_behind_its_begin_up_to_its_end(messages: &Messages, case: &Case) {
    let ids = stored(messages, case, 4).await;
    for (order, expected) in [(Order::OldestFirst, [ids[1], ids[2]]), (Order::NewestFirst, [ids[2], ids[1]])] {
        for strong in [true, false] {
            let span = Span { after: ids[0], up_to: ids[2], order, limit: 10, strong };
            let chunk = read(messages, case, &ann(), &span).await;
            assert_eq!((of(&chunk), chunk.rest), (expected.to_vec(), None));
        }
    }
    let nothing = Span { after: ids[3], ..all(Order::OldestFirst, 10) };
    assert_eq!(read(messages, case, &ann(), &nothing).await, Chunk::default());
}

async fn a_few_are_read_at_once_from_either_end(messages: &Messages, case: &Case) {
    let mut ids = stored(messages, case, 7).await;
    for order in [Order::OldestFirst, Order::NewestFirst] {
        for limit in [1, 2, 3, 7, 8] {
            let mut span = all(order, limit);
            let mut seen = Vec::new();
            loop {
                let chunk = read(messages, case, &ann(), &span).await;
                assert!(chunk.entries.len() <= limit + 1, "{} at once, not {limit}", chunk.entries.len());
                seen.extend(of(&chunk));
                match (chunk.rest, order) {
                    (None, _) => break,
                    (Some(rest), Order::OldestFirst) => span.after = rest,
                    (Some(rest), Order::NewestFirst) => span.up_to = rest.previous(),
                }
            }
            assert_eq!(seen, ids, "{order:?}, {limit} at once");
        }
        ids.reverse();
    }
}

async fn a_message_comes_as_it_was_stored(messages: &Messages, case: &Case) {
    let id = stored(messages, case, 1).await[0];
    let entries = read(messages, case, &ann(), &all(Order::OldestFirst, 1)).await.entries;
    assert_eq!(entries, [Entry { msg_id: id, content: content("hi", case.at(0)), users: None }]);
}

async fn messages_of_a_group_say_whom_they_are_for(messages: &Messages, case: &Case) {
    let [to_all, to_some, to_nobody] = [1, 2, 3].map(|second| MessageId::of_group(case.at(second), 7));
    for (msg_id, users) in
        [(to_all, None), (to_some, Some(vec![user("ann"), user("bob")])), (to_nobody, Some(Vec::new()))]
    {
        store_for(messages, case, msg_id, users).await;
    }
    let entries = read(messages, case, &birds(), &all(Order::OldestFirst, 9)).await.entries;
    let users: Vec<Option<usize>> =
        entries.iter().map(|entry| entry.users.as_ref().map(std::collections::BTreeSet::len)).collect();
    assert_eq!(users, [None, Some(2), Some(0)]);
    assert!(entries[1].users.as_ref().unwrap().contains(&user("bob")));
    assert_eq!(entries[0].content.group, Some(group()));
}

async fn acknowledgements_and_traces_are_no_messages(messages: &Messages, case: &Case) {
    let id = stored(messages, case, 1).await[0];
    messages.store.acknowledge(&case.app, &user("ann"), &[id]).await.unwrap();
    assert_eq!(of(&read(messages, case, &ann(), &all(Order::NewestFirst, 9)).await), [id]);
}

async fn timelines_of_users_groups_and_apps_are_apart(messages: &Messages, case: &Case) {
    let own = stored(messages, case, 1).await;
    let of_group = MessageId::of_group(case.at(1), 7);
    store_for(messages, case, of_group, None).await;
    let span = all(Order::OldestFirst, 9);
    assert_eq!(of(&read(messages, case, &ann(), &span).await), own);
    assert_eq!(of(&read(messages, case, &birds(), &span).await), [of_group]);
    let others = [Timeline::User(user("an")), Timeline::User(user("ann.")), Timeline::User(user("birds"))];
    for other in &others {
        assert_eq!(read(messages, case, other, &span).await, Chunk::default());
    }
    assert_eq!(messages.store.timeline(&case.elsewhere, &ann(), &span).await.unwrap(), Chunk::default());
}

async fn instant_pushes_that_wait_for_nobody_have_a_timeline_of_their_own(messages: &Messages, case: &Case) {
    let instant = |strategy| Some(Box::new(InstantPush { strategy, ..InstantPush::default() }));
    let of_ann = stored(messages, case, 2).await;
    let pushes: Vec<MessageId> = (1..=4).map(|second| MessageId::new(case.at(second), 8)).collect();
    for (id, strategy) in
        pushes.iter().zip([Strategy::Vendor, Strategy::Online, Strategy::Vendor, Strategy::OwnChannel])
    {
        let sent = Content { instant: instant(strategy), ..content("a notice", case.at(0)) };
        let to = Receiver { user: user("ann"), msg_id: *id };
        messages.store.store(&case.app, &[(&sent, &[to])], &messages.clock).await.unwrap();
    }
    let (beside, of_others) = (Timeline::InstantPushes(user("ann")), Timeline::InstantPushes(user("an")));
    let (mut span, mut seen) = (all(Order::NewestFirst, 1), Vec::new());
    loop {
        let chunk = read(messages, case, &beside, &span).await;
        seen.extend(of(&chunk));
        let Some(rest) = chunk.rest else { break };
        span.up_to = rest.previous();
    }
    assert_eq!(seen, [pushes[2], pushes[1], pushes[0]]);
    assert_eq!(of(&read(messages, case, &ann(), &all(Order::OldestFirst, 9)).await), [of_ann[0], of_ann[1], pushes[3]]);
    assert_eq!(read(messages, case, &of_others, &all(Order::OldestFirst, 9)).await, Chunk::default());
}

fn ann() -> Timeline {
    Timeline::User(user("ann"))
}

fn group() -> GroupId {
    GroupId::parse("birds").unwrap()
}

fn birds() -> Timeline {
    Timeline::Group(group())
}

fn all(order: Order, limit: usize) -> Span {
    Span { after: MessageId::MIN, up_to: MessageId::MAX, order, limit, strong: true }
}

fn of(chunk: &Chunk) -> Vec<MessageId> {
    chunk.entries.iter().map(|entry| entry.msg_id).collect()
}

/// Stores this many messages to Ann.
async fn stored(messages: &Messages, case: &Case, number: u64) -> Vec<MessageId> {
    let ids: Vec<MessageId> = (1..=number).map(|second| MessageId::new(case.at(second), 7)).collect();
    let receivers: Vec<Receiver> = ids.iter().map(|id| Receiver { user: user("ann"), msg_id: *id }).collect();
    messages.store.store(&case.app, &[(&content("hi", case.at(0)), &receivers)], &messages.clock).await.unwrap();
    ids
}

async fn store_for(messages: &Messages, case: &Case, msg_id: MessageId, users: Option<Vec<crate::domain::id::UserId>>) {
    let content = Content { group: Some(group()), ..content("hi", case.at(0)) };
    let message = GroupMessage { group: group(), msg_id, n: 1, users, content };
    messages.store.store_for_group(&case.app, &message, &messages.clock).await.unwrap();
}

async fn read(messages: &Messages, case: &Case, timeline: &Timeline, span: &Span) -> Chunk {
    messages.store.timeline(&case.app, timeline, span).await.unwrap()
}
