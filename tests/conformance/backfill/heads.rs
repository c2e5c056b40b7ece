//! Checks groups whose messages were stored by a version that raised no head.

use std::time::Duration;

use shared::{
    aws::dynamo::MessagesTable,
    crypto::system::System,
    domain::{
        group::{GroupHead, GroupMessage},
        id::MessageId,
        time::Timestamp,
    },
    ports::{
        clock::{Clock, Entropy},
        group_messages::StoreGroupMessages,
        groups::{RaiseHead, ReadMemberships},
    },
    testing::sample::content,
};

use crate::{
    meanwhile::before_the_first,
    older::{UNFINISHED, World, id, row, users},
};

const DAY: u64 = 86_400;

fn ago(seconds: u64) -> Timestamp {
    System::default().now().minus(Duration::from_secs(seconds))
}

fn id_of(accepted: Timestamp) -> MessageId {
    MessageId::of_group(accepted, System::default().bits())
}

impl World {
    /// Stores a message as an older version did: without a number, and without raising the head.
    async fn older_message(&self, group: &str, msg_id: MessageId) {
        let content = content("hello", msg_id.accepted_at());
        let message = GroupMessage { group: id(group), msg_id, n: 0, users: None, content };
        let messages = MessagesTable::new(&self.client, self.tables.messages.clone());
        // The clock shows the time of the message, which may be days ago.
        messages.store_for_group(&self.app, &message, &Then(msg_id.accepted_at())).await.expect("a stored message");
    }

    async fn head(&self, group: &str) -> Option<GroupHead> {
        self.groups.heads(&self.app, &[id(group)]).await.expect("heads that can be read")[0]
    }
}

struct Then(Timestamp);

impl Clock for Then {
    fn now(&self) -> Timestamp {
        self.0
    }
}

#[tokio::test]
async fn an_older_group_with_messages_has_a_head_afterwards() {
    let world = World::start().await;
    world.older_group("birds", &users(0, 3), false).await;
    world.older_group("silent", &users(0, 3), false).await;
    world.newer_group("cats", &users(0, 3)).await;
    let newest = id_of(ago(60));
    for msg_id in [newest, id_of(ago(3_600)), id_of(ago(2 * DAY))] {
        world.older_message("birds", msg_id).await;
    }
    // Other rows of the partition sort before and after the messages.
    for other in ["a#", "n#"] {
        let pk = format!("group#{}#birds", world.app);
        let put = world.client.put_item().table_name(&world.tables.messages);
        put.set_item(Some(row(&pk, &format!("{other}{}", id_of(ago(0)))))).send().await.unwrap();
    }
    let last = id_of(ago(6 * DAY));
    world.older_message("cats", last).await;
    world.older_message("nobodys", id_of(ago(60))).await;
    assert_eq!((world.head("birds").await, world.head("cats").await), (None, None));

    let (status, told) = world.backfill(&[]).await;
    assert_eq!((status, told.contains(" 2 heads raised")), (0, true), "{told}");
    assert_eq!(world.head("birds").await, Some(GroupHead { n: 1, last: newest }));
    assert_eq!(world.head("cats").await, Some(GroupHead { n: 1, last }));
    assert_eq!((world.head("silent").await, world.head("nobodys").await), (None, None));
    world.assert_all_is_done().await;
    world.end().await;
}

#[tokio::test]
async fn it_ends_as_one_that_a_message_raised() {
    let world = World::start().await;
    world.older_group("birds", &users(0, 3), false).await;
    let newest = id_of(ago(60));
    world.older_message("birds", newest).await;
    assert_eq!(world.backfill(&[]).await.0, 0);
    let raised = world.rows().await;
    let key = row(&format!("group#{}#birds", world.app), "head");
    world.client.delete_item().table_name(&world.tables.groups).set_key(Some(key)).send().await.unwrap();
    world.groups.raise_head(&world.app, &id("birds"), newest).await.unwrap();
    assert_eq!(world.rows().await, raised);
    world.end().await;
}

#[tokio::test]
async fn a_message_whose_head_would_have_ended_raises_none() {
    let world = World::start().await;
    world.older_group("birds", &users(0, 3), false).await;
    // DynamoDB deletes expired rows within days, not at once.
    let key = format!("m#{}", id_of(ago(8 * DAY)));
    let put = world.client.put_item().table_name(&world.tables.messages);
    put.set_item(Some(row(&format!("group#{}#birds", world.app), &key))).send().await.unwrap();
    let (status, told) = world.backfill(&[]).await;
    assert_eq!((status, told.contains(" 0 heads raised")), (0, true), "{told}");
    assert_eq!(world.head("birds").await, None);
    world.end().await;
}

#[tokio::test]
async fn an_older_head_rises_and_a_newer_one_stays() {
    let world = World::start().await;
    // The group has more members than a page has rows. So the head and the group are read in different pages.
    world.older_group("birds", &users(0, 300), false).await;
    world.older_group("cats", &users(0, 300), false).await;
    let (before, between, after) = (id_of(ago(300)), id_of(ago(200)), id_of(ago(100)));
    world.groups.raise_head(&world.app, &id("birds"), before).await.unwrap();
    world.groups.raise_head(&world.app, &id("cats"), after).await.unwrap();
    for group in ["birds", "cats"] {
        world.older_message(group, between).await;
    }
    while world.backfill(&["--pages", "1"]).await.0 == UNFINISHED {}
    assert_eq!(world.head("birds").await, Some(GroupHead { n: 2, last: between }));
    assert_eq!(world.head("cats").await, Some(GroupHead { n: 1, last: after }));
    world.assert_all_is_done().await;
    world.end().await;
}

#[tokio::test]
async fn a_head_that_rose_after_the_message_was_looked_up_stays() {
    let world = World::start().await;
    world.older_group("birds", &users(0, 3), false).await;
    world.older_message("birds", id_of(ago(60))).await;
    let (groups, app, newest) = (world.groups.clone(), world.app.clone(), id_of(ago(0)));
    let endpoint = before_the_first("DynamoDB_20120810.UpdateItem", async move {
        groups.raise_head(&app, &id("birds"), newest).await.unwrap();
    })
    .await;
    let (status, told) = world.backfill_at(&endpoint, &[]).await;
    assert_eq!((status, told.contains(" 0 heads raised")), (0, true), "{told}");
    assert_eq!(world.head("birds").await, Some(GroupHead { n: 1, last: newest }));
    world.end().await;
}
