use serde_json::json;
use shared::domain::id::MessageId;

use super::{
    Story, breaks, holds,
    story::{HOUR, app, user},
};
use crate::history::{Answer, AppChange, FaultScope, Request, What};

impl Story {
    /// Tells that the app's server was told of a push to a device of `ann`.
    fn told(&mut self, message: MessageId, device: &str, id: &str) {
        self.told_as("success", message, device, id);
    }

    /// Tells that the app's server was told of this end of a push.
    fn told_as(&mut self, status: &str, message: MessageId, device: &str, id: &str) {
        let body = json!({"event": "push", "device_id": device, "notifier_name": "fcm", "status": status}).to_string();
        let (app, user, webhook_id) = (self.app.clone(), user("ann"), id.to_owned());
        self.add(What::Callback { app, user, message, webhook_id, body });
    }
}

/// Begins a story whose app wants to be told of pushes.
fn with_server() -> Story {
    let mut story = Story::with_ann();
    story.call(Request::ChangeApp(AppChange::Callback(true)));
    story.wait(HOUR);
    story
}

/// Ends the faults after a push that no server was told of.
fn untold(mut story: Story) -> Story {
    story.reaches_ann("hello");
    story.wait(HOUR);
    story.add(What::FaultsEnded);
    story
}

#[test]
fn a_server_is_told_of_a_push_at_least_once() {
    assert!(breaks(&untold(with_server()), 14).contains("was not told what became of the push to phone of ann"));
    for times in [1, 2] {
        let mut story = with_server();
        let id = story.reaches_ann("hello");
        (0..times).for_each(|_| story.told(id, "phone", "w1"));
        story.add(What::FaultsEnded);
        holds(&story);
    }
    let mut story = with_server();
    let id = story.reaches_ann("hello");
    story.told(id, "tablet", "w1");
    story.add(What::FaultsEnded);
    breaks(&story, 14);
}

#[test]
fn a_server_is_told_the_end_that_is_recorded() {
    let mut story = with_server();
    let id = story.reaches_ann("hello");
    story.told_as("fail", id, "phone", "w1");
    story.add(What::FaultsEnded);
    assert!(breaks(&story, 14).contains("was not told what became of the push to phone of ann"));
    story.told_as("success", id, "phone", "w2");
    holds(&story);
}

#[test]
fn a_server_that_fails_is_told_later() {
    let mut story = with_server();
    let scope = FaultScope::CallbackServer(story.app.clone());
    story.add(What::FaultBegan { scope });
    breaks(&untold(story), 14);
}

#[test]
fn an_event_may_be_lost_with_its_process_or_its_queue() {
    let mut story = with_server();
    story.killed();
    holds(&untold(story));

    let mut story = with_server();
    story.add(What::FaultBegan { scope: FaultScope::Everything });
    holds(&untold(story));
}

#[test]
fn a_server_that_may_not_be_asked_for_need_not_be_told() {
    // The setting is too new, may be off, or ends before a server that fails has to be told.
    let mut story = Story::with_ann();
    story.call(Request::ChangeApp(AppChange::Callback(true)));
    holds(&untold(story));

    let mut story = with_server();
    story.call_with(Request::ChangeApp(AppChange::Callback(false)), Answer::Unknown);
    holds(&untold(story));

    let mut story = with_server();
    story.reaches_ann("hello");
    story.call(Request::EraseUser { user: user("ann") });
    story.add(What::FaultsEnded);
    holds(&story);
}

#[test]
fn an_id_names_one_event() {
    let mut story = with_server();
    let (first, second) = (story.reaches_ann("one."), story.reaches_ann("two."));
    story.told(first, "phone", "w1");
    story.told(second, "phone", "w1");
    story.add(What::FaultsEnded);
    assert!(breaks(&story, 14).contains("two events under the id w1"));
}

#[test]
fn a_server_is_told_of_its_own_messages_only() {
    let mut story = with_server();
    let id = story.reaches_ann("hello");
    story.told(id, "phone", "w1");
    story.add(What::FaultsEnded);
    holds(&story);
    story.app = app("other");
    story.told(id, "phone", "w2");
    breaks(&story, 3);
}
