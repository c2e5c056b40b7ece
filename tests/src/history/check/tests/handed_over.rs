use shared::domain::{id::MessageId, instant::Strategy, presence::PresenceStatus};

use super::{
    Story, breaks, holds,
    story::{HOUR, chat, connection, device, group, presence, to_group, user},
};
use crate::history::{Answer, Kind, Request, Sending, VendorAnswer, What};

#[test]
fn a_user_who_comes_back_gets_what_waits() {
    let mut story = Story::with_ann();
    let id = story.reaches_ann("hello");
    story.pull("ann", &[("hello", id)]);
    story.ack("ann", id);
    story.pull("ann", &[]);
    holds(&story);
}

#[test]
fn a_message_that_no_pull_contains_is_lost() {
    let mut story = Story::with_ann();
    story.reaches_ann("hello");
    story.pull("ann", &[]);
    assert!(breaks(&story, 11).contains("\"hello\" was not in the pull"));
}

#[test]
fn an_acknowledgement_of_a_later_message_leaves_the_earlier_one() {
    let mut story = Story::with_ann();
    story.reaches_ann("first");
    let second = story.reaches_ann("second");
    story.ack("ann", second);
    story.pull("ann", &[]);
    assert!(breaks(&story, 11).contains("first"));
}

#[test]
fn an_acknowledgement_without_an_answer_may_have_counted() {
    for found in [true, false] {
        let mut story = Story::with_ann();
        let id = story.reaches_ann("hello");
        let ack = Request::Ack { user: user("ann"), messages: vec![id], connection: None };
        story.call_with(ack, Answer::Unknown);
        let messages = [("hello", id)];
        story.pull("ann", if found { &messages } else { &[] });
        holds(&story);
    }
}

#[test]
fn an_acknowledged_message_does_not_come_again() {
    let mut story = Story::with_ann();
    let id = story.reaches_ann("hello");
    story.ack("ann", id);
    story.pull("ann", &[("hello", id)]);
    assert!(breaks(&story, 11).contains("again after its end"));
}

#[test]
fn a_message_that_is_sent_during_the_pull_may_come_or_not() {
    for found in [true, false] {
        let mut story = Story::with_ann();
        let pull = story.ask(Request::Pull { user: user("ann") });
        let id = story.reaches_ann("hello");
        let seen = crate::history::Seen { id, text: "hello".to_owned() };
        story.answer(pull, Answer::Pulled { messages: if found { vec![seen] } else { Vec::new() } });
        holds(&story);
    }
}

#[test]
fn a_recalled_message_waits_for_nobody_and_a_week_is_the_longest() {
    let mut story = Story::with_ann();
    let id = story.reaches_ann("hello");
    story.call(Request::Recall { messages: vec![id] });
    story.pull("ann", &[]);
    holds(&story);
    story.pull("ann", &[("hello", id)]);
    breaks(&story, 11);

    let mut story = Story::with_ann();
    let id = story.reaches_ann("hello");
    story.wait(8 * 24 * HOUR);
    story.pull("ann", &[]);
    holds(&story);
    story.pull("ann", &[("hello", id)]);
    breaks(&story, 11);
}

/// Tells of a message to the group `birds` with `bob` and `ann`.
fn to_birds() -> (Story, MessageId) {
    let mut story = Story::with_ann();
    story.call(Request::CreateGroup { group: group("birds"), members: ["bob", "ann"].map(user).to_vec() });
    let id = story.send(&to_group("hello", "birds"));
    story.pushed("hello", "token-of-ann");
    story.decided_push("ann", id);
    (story, id)
}

#[test]
fn a_member_gets_the_groups_messages_and_who_left_may_not() {
    let (mut story, _) = to_birds();
    story.pull("ann", &[]);
    breaks(&story, 11);

    let (mut story, _) = to_birds();
    story.call(Request::Leave { group: group("birds"), users: vec![user("ann")] });
    story.pull("ann", &[]);
    holds(&story);
}

#[test]
fn the_count_is_what_waits() {
    let count = |waiting: u64| {
        let mut story = Story::with_ann();
        story.reaches_ann("first");
        let second = story.reaches_ann("second");
        story.ack("ann", second);
        story.call_with(Request::Count { user: user("ann") }, Answer::Counted { waiting });
        story
    };
    holds(&count(1));
    for wrong in [0, 2] {
        assert!(breaks(&count(wrong), 11).contains("1 to 1 messages"));
    }
}

#[test]
fn a_count_may_contain_what_may_have_been_accepted() {
    for waiting in [0, 1, 2] {
        let mut story = Story::with_ann();
        story.call_with(Request::Send(chat("hello", &["ann"])), Answer::Unknown);
        story.call_with(Request::Count { user: user("ann") }, Answer::Counted { waiting });
        if waiting < 2 { holds(&story) } else { assert!(breaks(&story, 11).contains("0 to 1")) }
    }
}

#[test]
fn only_the_newest_five_hundred_must_come() {
    let mut story = Story::with_ann();
    let ids: Vec<(String, MessageId)> =
        (0..501).map(|number| format!("m{number}")).map(|text| (text.clone(), story.reaches_ann(&text))).collect();
    let found =
        |from: usize| -> Vec<(&str, MessageId)> { ids[from..].iter().map(|(text, id)| (text.as_str(), *id)).collect() };
    story.call_with(Request::Count { user: user("ann") }, Answer::Counted { waiting: 500 });
    story.pull("ann", &found(1));
    holds(&story);
    story.pull("ann", &found(2));
    assert!(breaks(&story, 11).contains("m1"));
}

#[test]
fn an_instant_push_that_a_vendor_took_waits_no_longer() {
    let instant = Sending { kind: Kind::Instant(Strategy::VendorFirst), ..chat("hello", &["ann"]) };
    for taken in [true, false] {
        let mut story = Story::with_ann();
        let id = story.send(&instant);
        if taken {
            story.pushed("hello", "token-of-ann");
            story.decided_push("ann", id);
        } else {
            story.answered("hello", "token-of-ann", VendorAnswer::Refused);
            story.history.events.pop();
            story.decided("ann", id, skip(), Vec::new());
        }
        story.pull("ann", &[]);
        if taken { holds(&story) } else { assert!(breaks(&story, 11).contains("hello")) }
    }
}

fn skip() -> shared::domain::decision::Verdict {
    shared::domain::decision::Verdict::Skip { reason: shared::domain::reason::Reason::PushYetButFail }
}

/// Tells of a connection of `ann` and a message to her, with what happens between.
fn connected(between: impl Fn(&mut Story, MessageId)) -> Story {
    let mut story = Story::with_ann();
    story.connect("ann", "phone", "c1");
    let id = story.send(&chat("hello", &["ann"]));
    between(&mut story, id);
    story.wait(60);
    story.pushed("hello", "token-of-ann");
    story.decided_push("ann", id);
    story
}

#[test]
fn an_open_connection_gets_every_message() {
    holds(&connected(|story, id| story.frame("ann", "c1", "hello", id)));
    assert!(breaks(&connected(|_, _| ()), 11).contains("is connected"));
}

#[test]
fn a_connection_that_ended_need_not_get_it() {
    holds(&connected(|story, _| story.add(What::Disconnected { connection: connection("c1") })));
    holds(&connected(|story, _| story.call(Request::Kick { user: user("ann"), device: device("phone") })));
    holds(&connected(|story, _| story.connect("ann", "phone", "c2")).without_c2());
    holds(&connected(|story, _| {
        let at = story.now();
        story.call(presence("ann", "phone", PresenceStatus::Online, at));
    }));
}

impl Story {
    /// Ends the connection `c2` at once.
    fn without_c2(mut self) -> Self {
        self.add(What::Disconnected { connection: connection("c2") });
        self
    }
}

#[test]
fn a_connection_gets_what_waited_before_it_began() {
    for posted in [true, false] {
        let mut story = Story::with_ann();
        let id = story.reaches_ann("hello");
        story.connect("ann", "phone", "c1");
        if posted {
            story.frame("ann", "c1", "hello", id);
        }
        story.wait(60);
        story.add(What::FaultsEnded);
        if posted { holds(&story) } else { assert!(breaks(&story, 11).contains("never came")) }
    }
}
