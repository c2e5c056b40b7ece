//! Group messages for connected devices only: in an app that never had a connection, no member is read.

use std::time::Duration;

use serde_json::{Value, json};
use shared::{app_configs::KEPT, domain::id::MessageId, ports::apps::ManageApps};

use super::{
    harness::{Stack, TestApp},
    socket::Socket,
};

/// An app whose group has Ann. `check-presence` has its configuration cached.
struct Birds {
    stack: Stack,
    app: TestApp,
}

impl Birds {
    async fn start() -> Self {
        let stack = Stack::start();
        let app = stack.app("chat", json!({})).await;
        let group = json!({"groupid": "birds", "members": ["ann", "bob"]});
        stack.ok("POST", &app.path("chatgroups"), &app.token, group).await;
        stack.clock.advance(Duration::from_millis(60));
        stack.send(&app, &["bob"], json!({})).await;
        stack.drain().await;
        Self { stack, app }
    }

    async fn send(&self, more: &Value) -> MessageId {
        self.stack.clock.advance(Duration::from_millis(60));
        let mut body = json!({"from": "bob", "to": ["birds"], "type": "txt", "body": {"msg": "hello"}});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = self.stack.ok("POST", &self.app.path("messages/chatgroups"), &self.app.token, body).await;
        self.stack.drain().await;
        MessageId::parse(answer["data"]["birds"].as_str().unwrap()).unwrap()
    }

    /// Connects Ann's phone and waits until its first page was posted.
    async fn ann(&self) -> Socket<'_> {
        let phone = Socket::connect(&self.stack, &self.app, "ann", "phone").await;
        self.stack.drain().await;
        phone
    }

    async fn has_connections(&self) -> bool {
        self.stack.apps.app_alone(&self.app.key).await.unwrap().unwrap().has_connections
    }

    async fn waits(&self) -> Vec<String> {
        let path = self.app.path("users/ann/offline_messages");
        let page = self.stack.ok("GET", &path, &self.app.token, json!({})).await;
        page["data"].as_array().unwrap().iter().map(|one| one["msg_id"].as_str().unwrap().to_owned()).collect()
    }
}

/// Returns fields of messages that push nobody, and whether the message is stored for later.
fn for_the_connected() -> [(Value, bool); 3] {
    [
        (json!({"type": "cmd", "body": {"action": "typing"}}), true),
        (json!({"ext": {"em_ignore_notification": true}}), true),
        (json!({"routetype": "ROUTE_ONLINE"}), false),
    ]
}

#[tokio::test]
async fn without_a_connection_nobody_is_read_and_with_the_first_everybody_is_reached() {
    for (more, _) in for_the_connected() {
        let birds = Birds::start().await;
        birds.stack.groups.faults.fail_next_of("members", 1);
        birds.send(&more).await;
        assert_eq!(birds.stack.groups.faults.left(), 1, "{more}");
        birds.stack.clock.advance(KEPT);
        let phone = birds.ann().await;
        phone.frames();
        let id = birds.send(&more).await;
        assert_eq!((phone.messages(), birds.stack.groups.faults.left()), (vec![id.to_string()], 0), "{more}");
    }
}

#[tokio::test]
async fn within_the_first_minute_what_is_kept_waits_and_what_is_for_the_moment_is_missed() {
    for (more, is_kept) in for_the_connected() {
        let birds = Birds::start().await;
        let phone = birds.ann().await;
        phone.frames();
        // `check-presence` has the old app cached.
        let id = birds.send(&more).await;
        assert!(phone.messages().is_empty());
        let waits = birds.waits().await;
        assert_eq!(waits, if is_kept { vec![id.to_string()] } else { Vec::new() }, "{more}");
        birds.stack.clock.advance(KEPT);
        let next = birds.send(&more).await;
        assert_eq!(phone.messages(), [next.to_string()]);
    }
}

#[tokio::test]
async fn a_connection_that_could_not_be_noted_is_noted_with_its_next_frame() {
    let birds = Birds::start().await;
    birds.stack.apps.faults.fail_next_of("note_connections", 1);
    let phone = birds.ann().await;
    assert!(!birds.has_connections().await);
    phone.send(r#"{"action":"ping"}"#).await;
    assert!(birds.has_connections().await);
}

#[tokio::test(start_paused = true)]
async fn a_slow_note_holds_up_no_handshake() {
    let birds = Birds::start().await;
    birds.stack.apps.faults.slow_down_of("note_connections", Duration::from_secs(9));
    let before = tokio::time::Instant::now();
    birds.ann().await;
    assert!(before.elapsed() <= Duration::from_secs(2));
}

#[tokio::test]
async fn the_first_connection_is_noted_once() {
    let birds = Birds::start().await;
    birds.ann().await;
    birds.stack.apps.faults.fail_next_of("note_connections", 1);
    let phone = birds.ann().await;
    phone.send(r#"{"action":"ping"}"#).await;
    assert_eq!(birds.stack.apps.faults.left(), 1);
}

#[tokio::test]
async fn a_change_of_settings_leaves_the_note() {
    let birds = Birds::start().await;
    birds.ann().await;
    birds.stack.ok("PUT", &birds.app.path("push/settings"), &birds.app.token, json!({"max_bindings": 3})).await;
    assert!(birds.has_connections().await);
}
