//! Acknowledgements over a connection: own messages get a row each, other ids get none, and a flood is stopped.

use std::time::Duration;

use serde_json::{Value, json};
use shared::{
    domain::{
        group::GroupMessage,
        id::{GroupId, MessageId},
        message::Content,
    },
    ports::{clock::Clock, group_messages::StoreGroupMessages, groups::RaiseHead},
    testing::sample,
};

use super::{
    deadline::HANGS,
    harness::{Stack, TestApp},
    socket::Socket,
};

/// Ann in twenty groups, whose phone is connected.
struct Ann {
    stack: Stack,
    app: TestApp,
}

impl Ann {
    async fn with_groups() -> Self {
        let stack = Stack::start();
        let app = stack.app("chat", json!({})).await;
        for number in 0..20 {
            let body = json!({"groupid": format!("group-{number}"), "members": ["ann", "bob"]});
            stack.ok("POST", &app.path("chatgroups"), &app.token, body).await;
            stack.clock.advance(Duration::from_millis(60));
        }
        Self { stack, app }
    }

    async fn live(&self) -> Socket<'_> {
        let socket = Socket::connect(&self.stack, &self.app, "ann", "phone").await;
        self.stack.drain().await;
        socket.frames();
        socket
    }

    async fn send(&self, to: &str) -> MessageId {
        self.stack.clock.advance(Duration::from_millis(60));
        self.stack.send(&self.app, &[to], json!({})).await[0]
    }

    async fn send_to(&self, group: &str) -> MessageId {
        self.stack.clock.advance(Duration::from_millis(60));
        let body = json!({"from": "bob", "to": [group], "type": "txt", "body": {"msg": "hello"}});
        let answer = self.stack.ok("POST", &self.app.path("messages/chatgroups"), &self.app.token, body).await;
        MessageId::parse(answer["data"][group].as_str().unwrap()).unwrap()
    }

    fn kept(&self) -> Vec<MessageId> {
        self.stack.messages.acknowledged_ids(&self.app.key, &sample::user("ann"))
    }

    /// Returns invented ids: of users, of groups in either form, and of a group of Ann's.
    fn forged(&self, number: u128) -> Vec<MessageId> {
        let at = self.stack.clock.now();
        let own = GroupId::parse("group-3").unwrap();
        let other = GroupId::parse("strangers").unwrap();
        vec![
            MessageId::new(at, number),
            MessageId::of_group(at, number),
            MessageId::for_group(at, &own, number),
            MessageId::for_group(at, &other, number),
        ]
    }
}

fn acked(number: usize) -> Value {
    json!({"kind": "acked", "acked": number})
}

#[tokio::test]
async fn ids_of_no_message_of_the_user_leave_no_row() {
    let ann = Ann::with_groups().await;
    ann.stack
        .ok("POST", &ann.app.path("chatgroups"), &ann.app.token, json!({"groupid": "cats", "members": ["eve"]}))
        .await;
    let phone = ann.live().await;
    let foreign = [ann.send("bob").await, ann.send_to("cats").await];
    assert_eq!(phone.ack(&foreign).await, acked(0));
    assert_eq!(phone.ack(&ann.forged(7)).await, acked(0));
    assert_eq!(ann.kept(), []);
    let (single, of_group) = (ann.send("ann").await, ann.send_to("group-3").await);
    let mixed = [ann.forged(8), vec![single, of_group]].concat();
    assert_eq!(phone.ack(&mixed).await, acked(2));
    assert_eq!(ann.kept(), [single, of_group]);
}

#[tokio::test]
async fn a_flood_of_forged_ids_leaves_no_row_and_is_refused() {
    let ann = Ann::with_groups().await;
    let phone = ann.live().await;
    let mut refused = 0;
    for frame in 0..20u128 {
        let ids: Vec<MessageId> = (0..25).flat_map(|number| ann.forged(frame * 1_000 + number)).collect();
        let answer = phone.ack(&ids).await;
        refused += usize::from(answer["code"] == "too_many_frames");
    }
    // Two frames are refused for their unknown ids, the others for the number of frames.
    assert_eq!((refused, ann.kept()), (2 + 13, vec![]));
    let looked_up = ann.stack.messages.faults.calls_of("stored");
    assert_eq!(looked_up, 7, "a look-up for each frame that was taken");
    // Other users pay nothing. A second later there is room for a page.
    let bobs = Socket::connect(&ann.stack, &ann.app, "bob", "phone").await;
    let id = ann.send("bob").await;
    assert_eq!(bobs.ack(&[id]).await, acked(1));
    ann.stack.clock.advance(Duration::from_secs(1));
    let id = ann.send("ann").await;
    assert_eq!(phone.ack(&[id]).await, acked(1));
}

#[tokio::test]
async fn what_waited_a_page_at_a_time_is_acknowledged_without_a_refusal() {
    let ann = Ann::with_groups().await;
    let mut sent = Vec::new();
    for _ in 0..350 {
        sent.extend([ann.send("ann").await, ann.send_to("group-7").await]);
    }
    ann.stack.clock.advance(Duration::from_secs(1));
    let phone = ann.live().await;
    for page in sent.chunks(100) {
        assert_eq!(phone.ack(page).await, acked(100));
    }
    assert_eq!(ann.kept().len(), 700);
}

#[tokio::test]
async fn an_acknowledgement_of_a_live_message_looks_up_that_message_alone() {
    let ann = Ann::with_groups().await;
    let phone = ann.live().await;
    let (messages, groups) = (&ann.stack.messages.faults, &ann.stack.groups.faults);
    let walked = || {
        let of_messages = ["timeline", "acknowledged", "older_mark"].map(|method| messages.calls_of(method));
        of_messages.iter().sum::<usize>() + groups.calls_of("heads") + ann.stack.users.faults.calls_of("marks")
    };
    for (to_group, lookups) in [(false, [1, 0, 0]), (true, [0, 1, 1])] {
        let id = match to_group {
            true => ann.send_to("group-3").await,
            false => ann.send("ann").await,
        };
        while ann.stack.step().await {}
        assert_eq!(phone.messages(), [id.to_string()]);
        let counted = || {
            [
                messages.calls_of("stored"),
                messages.calls_of("stored_for_groups"),
                groups.calls_of("groups_of"),
                messages.calls_of("acknowledge"),
                walked(),
            ]
        };
        let before = counted();
        assert_eq!(phone.ack(&[id]).await, acked(1));
        let after = counted();
        let used: Vec<usize> = after.iter().zip(before).map(|(after, before)| after - before).collect();
        assert_eq!(used, [lookups[0], lookups[1], lookups[2], 1, 0], "to a group: {to_group}");
    }
}

impl Ann {
    /// Stores a message of this group as the older version did, under an id that does not name the group.
    async fn of_version_before(&self, group: &str, msg_id: MessageId) {
        let group = GroupId::parse(group).unwrap();
        let n = self.stack.groups.raise_head(&self.app.key, &group, msg_id).await.unwrap();
        let content = Content { group: Some(group.clone()), ..sample::content("hi", msg_id.accepted_at()) };
        let message = GroupMessage { group, msg_id, n, users: None, content };
        self.stack.messages.store_for_group(&self.app.key, &message, &self.stack.clock).await.unwrap();
    }
}

#[tokio::test]
async fn a_group_message_of_a_version_before_is_acknowledged_while_it_waits() {
    let ann = Ann::with_groups().await;
    let phone = ann.live().await;
    ann.stack.clock.advance(Duration::from_millis(60));
    let id = MessageId::of_group(ann.stack.clock.now(), 7);
    assert!(!id.may_be_for(&GroupId::parse("group-5").unwrap()));
    ann.of_version_before("group-5", id).await;
    assert_eq!(phone.ack(&[id]).await, acked(1));
    assert_eq!(ann.kept(), [id]);
}

#[tokio::test]
async fn a_group_message_of_a_version_before_whose_id_fits_another_group_by_chance_is_acknowledged_in_the_end() {
    let ann = Ann::with_groups().await;
    let phone = ann.live().await;
    ann.stack.clock.advance(Duration::from_millis(60));
    let id = MessageId::for_group(ann.stack.clock.now(), &GroupId::parse("group-3").unwrap(), 7);
    ann.of_version_before("group-5", id).await;
    ann.stack.clock.advance(Duration::from_secs(600));
    assert_eq!(phone.ack(&[id]).await, acked(1));
    assert_eq!(ann.kept(), [id]);
}

#[tokio::test]
async fn an_acknowledgement_of_what_is_not_kept_looks_at_nothing_that_waits() {
    let ann = Ann::with_groups().await;
    let phone = ann.live().await;
    let id = MessageId::for_group(ann.stack.clock.now(), &GroupId::parse("group-3").unwrap(), 7);
    let walked = || ann.stack.groups.faults.calls_of("heads") + ann.stack.messages.faults.calls_of("timeline");
    let before = walked();
    assert_eq!((phone.ack(&[id]).await, walked() - before), (acked(0), 0));
}

#[tokio::test]
async fn an_acknowledgement_whose_look_up_fails_is_said_again_by_the_client() {
    let ann = Ann::with_groups().await;
    let phone = ann.live().await;
    let id = ann.send_to("group-3").await;
    ann.stack.messages.faults.fail_next_of("stored_for_groups", 1);
    assert_eq!(phone.ack(&[id]).await["code"], "unavailable");
    assert_eq!(ann.kept(), []);
    assert_eq!(phone.ack(&[id]).await, acked(1));
}

#[tokio::test]
async fn up_to_counts_as_the_longest_list_of_ids() {
    let ann = Ann::with_groups().await;
    let phone = ann.live().await;
    let id = ann.send("ann").await;
    let frame = json!({"action": "ack", "up_to": id}).to_string();
    let mut refused = 0;
    for _ in 0..20 {
        refused += usize::from(phone.send(&frame).await["code"] == "too_many_frames");
    }
    assert_eq!(refused, 13);
}

impl Ann {
    /// Returns an id of a group message in the older version's form.
    fn unnamed(&self, number: u128) -> MessageId {
        self.stack.clock.advance(Duration::from_millis(60));
        let id = MessageId::of_group(self.stack.clock.now(), number);
        assert!((0..20).all(|group| !id.may_be_for(&GroupId::parse(&format!("group-{group}")).unwrap())));
        id
    }

    /// Returns how many reads of timelines there were.
    fn walked(&self) -> usize {
        self.stack.messages.faults.calls_of("timeline")
    }
}

#[tokio::test]
async fn an_id_that_nothing_waits_under_is_looked_for_once() {
    let ann = Ann::with_groups().await;
    let phone = ann.live().await;
    for group in 0..20 {
        ann.send_to(&format!("group-{group}")).await;
    }
    let junk: Vec<MessageId> = (0..10).map(|number| ann.unnamed(number)).collect();
    ann.stack.clock.advance(Duration::from_secs(120));
    assert_eq!(phone.ack(&junk[..1]).await, acked(0));
    let first = ann.walked();
    assert!(first > 0);
    for id in &junk {
        assert_eq!(phone.ack(&[*id]).await, acked(0));
    }
    assert_eq!(ann.walked(), first, "an old id needs no look after one at all that waits");
}

#[tokio::test]
async fn a_flood_of_young_unknown_ids_is_looked_for_a_few_times_a_minute_and_told_to_come_back() {
    let ann = Ann::with_groups().await;
    let phone = ann.live().await;
    let single = ann.send("ann").await;
    let mut answers = Vec::new();
    for number in 0..12 {
        // Each frame has the capacity that the rate gives it.
        ann.stack.clock.advance(Duration::from_secs(1));
        answers.push(phone.ack(&[ann.unnamed(number)]).await);
    }
    let (looked, refused) = answers.split_at(5);
    assert!(looked.iter().all(|answer| *answer == acked(0)), "{answers:?}");
    assert!(refused.iter().all(|answer| answer["code"] == "too_many_frames"), "{answers:?}");
    // Known ids count at once, whatever else the frame names.
    assert_eq!(phone.ack(&[ann.unnamed(99), single]).await["code"], "too_many_frames");
    assert_eq!(ann.kept(), [single]);
}

#[tokio::test]
async fn a_message_of_a_version_before_is_acknowledged_however_many_unknown_ids_came_before() {
    let ann = Ann::with_groups().await;
    let phone = ann.live().await;
    let (first, second, third) = (ann.unnamed(1), ann.unnamed(2), ann.unnamed(3));
    for (group, id) in [("group-4", first), ("group-5", second), ("group-6", third)] {
        ann.of_version_before(group, id).await;
    }
    ann.stack.clock.advance(Duration::from_secs(120));
    // A read for one id meets the others, and they are old then.
    assert_eq!(phone.ack(&[first]).await, acked(1));
    let walked = ann.walked();
    ann.stack.messages.faults.fail_next_of("acknowledge", 1);
    assert_eq!(phone.ack(&[second]).await["code"], "unavailable");
    assert_eq!(phone.ack(&[second]).await, acked(1));
    assert_eq!(ann.walked(), walked, "what a look met needs no other");
    for number in 10..20 {
        phone.ack(&[ann.unnamed(number)]).await;
    }
    assert_eq!(phone.ack(&[third]).await, acked(1));
    let fourth = ann.unnamed(4);
    ann.of_version_before("group-7", fourth).await;
    assert_eq!(phone.ack(&[fourth]).await["code"], "too_many_frames", "the client says it again");
    ann.stack.clock.advance(Duration::from_secs(60));
    assert_eq!(phone.ack(&[fourth]).await, acked(1));
    assert_eq!(ann.kept(), [first, second, third, fourth]);
}

#[tokio::test]
async fn messages_of_a_version_before_are_acknowledged_however_many_wait() {
    let ann = Ann::with_groups().await;
    let phone = ann.live().await;
    let mut ids = Vec::new();
    for number in 0..250 {
        let id = ann.unnamed(number);
        ann.of_version_before("group-5", id).await;
        ids.push(id);
    }
    ann.stack.clock.advance(Duration::from_secs(120));
    for newest in ids.rchunks(50) {
        assert_eq!(phone.ack(newest).await, acked(50));
    }
    assert_eq!(ann.kept().len(), 250);
}

#[tokio::test(start_paused = true)]
async fn a_look_that_fails_or_is_cut_off_counts_as_one_in_vain() {
    for is_cut_off in [false, true] {
        let ann = Ann::with_groups().await;
        let phone = ann.live().await;
        let id = ann.unnamed(1);
        ann.of_version_before("group-5", id).await;
        for _ in 0..5 {
            match is_cut_off {
                true => ann.stack.messages.faults.slow_next_of("timeline", HANGS),
                false => ann.stack.messages.faults.fail_next_of("timeline", 1),
            }
            ann.stack.clock.advance(Duration::from_secs(1));
            assert_eq!(phone.ack(&[id]).await["code"], "unavailable", "cut off: {is_cut_off}");
        }
        let walked = ann.walked();
        ann.stack.clock.advance(Duration::from_secs(1));
        assert_eq!(phone.ack(&[id]).await["code"], "too_many_frames", "cut off: {is_cut_off}");
        assert_eq!(ann.walked(), walked);
        ann.stack.clock.advance(Duration::from_secs(60));
        assert_eq!(phone.ack(&[id]).await, acked(1));
    }
}
