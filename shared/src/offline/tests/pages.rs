//! The messages of a page, and the next page.

use serde_json::json;

use super::{World, group};
use crate::{
    domain::{id::MessageId, inbox::Marks, time::Timestamp},
    offline::{
        Cursor, PageRequest,
        cursor::{Floors, Left},
    },
};

#[tokio::test]
async fn messages_of_users_and_groups_come_together_the_oldest_first() {
    let world = World::new();
    world.found("birds").await;
    world.join("birds").await;
    let sent = [world.send().await, world.send_to("birds").await, world.send().await, world.send_to("birds").await];
    for limit in [1, 2, 3, 4, 100] {
        assert_eq!(world.walk(limit).await, sent, "{limit} a page");
    }
    assert!(world.page(4, None).await.cursor.is_none(), "a cursor that leads nowhere");
}

#[tokio::test]
async fn a_message_is_shown_as_it_was_sent() {
    let world = World::new();
    world.found("birds").await;
    world.join("birds").await;
    let (single, of_group) = (world.send().await, world.send_to("birds").await);
    let shown = serde_json::to_value(world.page(9, None).await.messages).unwrap();
    let at = |id: MessageId| id.accepted_at().as_millis();
    assert_eq!(
        shown,
        json!([
            {"msg_id": single, "from": "sender", "to": "ann", "chat_type": "chat", "type": "txt", "body": {"msg": "hi"},
                "ext": {}, "timestamp": at(single)},
            {"msg_id": of_group, "from": "bob", "to": "ann", "chat_type": "groupchat", "group_id": "birds", "type": "txt",
                "body": {"msg": "hi"}, "ext": {}, "timestamp": at(of_group)},
        ])
    );
}

#[tokio::test]
async fn what_was_sent_before_joining_or_is_for_others_is_not_shown_and_leaving_ends_it() {
    let world = World::new();
    world.found("birds").await;
    world.send_to("birds").await;
    world.pass(1);
    world.join("birds").await;
    let id = |random| MessageId::of_group(world.now(), random);
    world.store_for("birds", "ann", None, id(1)).await;
    world.store_for("birds", "bob", Some(&["eve"]), id(2)).await;
    world.store_for("birds", "bob", Some(&["eve", "ann"]), id(3)).await;
    let last = world.send_to("birds").await;
    assert_eq!(world.walk(1).await, [id_before(&world, 3), last]);
    let first = world.page(1, None).await;
    world.leave("birds").await;
    assert_eq!(world.page(1, first.cursor).await.messages, []);
    assert_eq!((world.walk(9).await, world.count().await), (vec![], 0));
}

/// Returns an id for a group message, a millisecond before the last one.
fn id_before(world: &World, random: u128) -> MessageId {
    MessageId::of_group(Timestamp::from_millis(world.now().as_millis() - 1), random)
}

#[tokio::test]
async fn a_walk_ends_with_what_was_there_when_it_began_and_the_next_one_has_the_rest() {
    let world = World::new();
    for name in ["birds", "cats"] {
        world.found(name).await;
        world.join(name).await;
    }
    let sent = [world.send_to("birds").await, world.send_to("birds").await];
    let first = world.page(1, None).await;
    // Stored late, with an id below the shown ones, and in a group without messages before.
    let late = MessageId::of_group(sent[0].accepted_at(), 1);
    world.store_for("birds", "bob", None, late).await;
    let new = world.send_to("cats").await;
    let second = world.page(9, first.cursor).await;
    assert_eq!(second.messages.iter().map(|message| message.msg_id).collect::<Vec<_>>(), [sent[1]]);
    assert_eq!(second.cursor, None);
    world.ack(&sent).await;
    assert_eq!(world.walk(9).await, [late, new]);
}

#[tokio::test]
async fn groups_without_anything_after_the_last_message_seen_are_skipped() {
    let world = World::new();
    for name in ["birds", "cats"] {
        world.found(name).await;
        world.join(name).await;
    }
    world.send_to("birds").await;
    world.pass(61_000);
    let seen = world.send_to("cats").await;
    world.pass(1);
    let request = PageRequest { limit: 9, cursor: None, since: Some(seen) };
    let page = world.store.page(&world.app, &world.ann, &request).await.unwrap();
    // In the other group a message with a smaller id may have been stored since.
    assert_eq!(page.messages.iter().map(|message| message.msg_id).collect::<Vec<_>>(), [seen]);
    assert_eq!(world.walk(9).await.len(), 2, "what was skipped still waits");
}

#[tokio::test]
async fn a_cursor_leads_only_to_what_is_the_users() {
    let world = World::new();
    for name in ["birds", "cats"] {
        world.found(name).await;
    }
    world.join("birds").await;
    world.send_to("cats").await;
    let id = world.send_to("birds").await;
    let groups = [group("birds"), group("cats")];
    let floors = Floors { marks: Marks::NONE, pushes: MessageId::MIN };
    let forged = Cursor::new(&world.app, &world.ann, floors, MessageId::MIN, Left::known(true, &groups));
    let page = world.page(9, Some(forged)).await;
    assert_eq!(page.messages.iter().map(|message| message.msg_id).collect::<Vec<_>>(), [id]);
}
