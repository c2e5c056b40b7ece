//! Access tokens that expire or are revoked while their connection is open: nothing more is posted to it, and no
//! message is lost.

use std::time::Duration;

use curlew_tests::simulators::fcm;
use serde_json::{Value, json};
use shared::{app_configs::KEPT, ports::clock::Clock};

use super::{
    harness::{FCM, OPERATOR_KEY, Stack, TestApp},
    socket::{Socket, handshake, user_token},
};

/// Ann, whose phone is bound and connected, and sends nothing.
struct Ann {
    stack: Stack,
    app: TestApp,
    token: String,
}

impl Ann {
    async fn bound() -> Self {
        let stack = Stack::start();
        let app = stack.app("chat", json!({})).await;
        let token = fcm::device_token();
        stack.bind(&app, "ann", "phone", FCM, &token).await;
        Self { stack, app, token }
    }

    /// Connects the phone with an access token of this lifetime.
    async fn connect(&self, ttl: u64) -> Socket<'_> {
        let token = user_token(&self.stack, &self.app, "ann", json!({"ttl": ttl})).await;
        let query = json!({"org": "acme", "app": "chat", "device_id": "phone", "token": token});
        handshake(&self.stack, json!({}), query).await.2
    }

    /// Connects the phone and waits until its first page was posted.
    async fn live(&self, ttl: u64) -> Socket<'_> {
        let phone = self.connect(ttl).await;
        self.stack.clock.advance(Duration::from_secs(2));
        while self.stack.step().await {}
        phone
    }

    /// Revokes all tokens, and waits until no process accepts them. Returns a new app token.
    async fn revoke(&self, by: &str) -> String {
        let path = format!("/management/apps/acme/chat/{by}");
        let answer = self.stack.ok("POST", &path, OPERATOR_KEY, json!({"grace_seconds": 0})).await;
        self.stack.clock.advance(KEPT);
        if by == "tokens/revoke" {
            return self.new_secret_token().await;
        }
        self.app_token(&answer).await
    }

    async fn new_secret_token(&self) -> String {
        let path = "/management/apps/acme/chat/credentials";
        let answer = self.stack.ok("POST", path, OPERATOR_KEY, json!({"grace_seconds": 60})).await;
        self.app_token(&answer).await
    }

    async fn app_token(&self, client: &Value) -> String {
        let grant = json!({
            "grant_type": "client_credentials", "client_id": client["client_id"], "client_secret": client["client_secret"],
        });
        let issued = self.stack.ok("POST", "/acme/chat/token", "", grant).await;
        issued["access_token"].as_str().unwrap().to_owned()
    }

    async fn send(&self, token: &str) -> String {
        let body = json!({"from": "bob", "to": ["ann"], "type": "txt", "body": {"msg": "hello"}});
        let answer = self.stack.ok("POST", &self.app.path("messages/users"), token, body).await;
        answer["data"]["ann"].as_str().unwrap().to_owned()
    }

    /// Returns what waits for Ann.
    async fn waiting(&self, token: &str) -> Vec<String> {
        let path = self.app.path("users/ann/offline_messages");
        let answer = self.stack.ok("GET", &path, token, json!({})).await;
        let ids = answer["data"].as_array().unwrap().iter();
        ids.map(|message| message["msg_id"].as_str().unwrap().to_owned()).collect()
    }

    fn shown(&self) -> usize {
        self.stack.shown("fcm", &self.token)
    }
}

/// Checks that a connection got no message, and got the reason for its end at once.
async fn is_told(stack: &Stack, phone: &Socket<'_>, reason: &str) {
    let now = stack.clock.now();
    stack.connections.faults.fail_next_of("close", 1);
    while stack.step().await {}
    assert_eq!(phone.frames(), [json!({"kind": "kicked", "reason": reason})]);
    assert_eq!(stack.clock.now(), now);
}

/// Checks the same, and that the connection was closed.
async fn ends_unread(stack: &Stack, phone: &Socket<'_>, reason: &str) {
    is_told(stack, phone, reason).await;
    stack.drain().await;
    assert!(stack.connections.was_closed(&phone.id));
}

#[tokio::test]
async fn who_has_a_revoked_token_reads_nothing_and_the_message_is_pushed_at_once() {
    for by in ["tokens/revoke", "credentials"] {
        let ann = Ann::bound().await;
        let phone = ann.live(86_400).await;
        let token = ann.revoke(by).await;
        let id = ann.send(&token).await;
        is_told(&ann.stack, &phone, "token revoked").await;
        assert_eq!(ann.shown(), 1, "{by}");
        ann.stack.drain().await;
        assert!(ann.stack.connections.was_closed(&phone.id), "{by}");
        assert_eq!((ann.shown(), ann.stack.delivered("fcm", &ann.token)), (1, 1), "{by}");
        assert_eq!(ann.waiting(&token).await, [id], "{by}");
    }
}

#[tokio::test]
async fn who_connects_with_a_new_token_gets_what_the_revoked_one_did_not() {
    let ann = Ann::bound().await;
    let old = ann.live(86_400).await;
    let token = ann.revoke("tokens/revoke").await;
    let id = ann.send(&token).await;
    ends_unread(&ann.stack, &old, "token revoked").await;
    let app = TestApp { key: ann.app.key.clone(), token };
    let new = Socket::connect(&ann.stack, &app, "ann", "phone").await;
    ann.stack.drain().await;
    assert_eq!(new.messages(), [id]);
    // A token of the same key that is newer than the cached state is not revoked.
    let next = ann.send(&app.token).await;
    while ann.stack.step().await {}
    assert_eq!(new.messages(), [next]);
}

#[tokio::test]
async fn a_revoked_connection_that_cannot_be_ended_yet_is_posted_nothing_either() {
    let ann = Ann::bound().await;
    let phone = ann.live(86_400).await;
    let token = ann.revoke("tokens/revoke").await;
    ann.send(&token).await;
    let dispatched = ann.stack.dispatch_queue.take(10);
    ann.stack.dispatch_batch(&dispatched, 1).await;
    ann.stack.direct_queue.faults.fail_next_of("queue_direct", 1);
    while ann.stack.step().await {}
    assert_eq!((phone.frames(), ann.stack.direct_queue.faults.left()), (vec![], 0));
    ann.stack.drain().await;
    assert!(ann.stack.connections.was_closed(&phone.id));
    assert_eq!(ann.shown(), 1);
}

#[tokio::test]
async fn whether_a_token_is_revoked_must_be_known_before_a_post() {
    let ann = Ann::bound().await;
    let phone = ann.live(86_400).await;
    ann.stack.clock.advance(KEPT);
    ann.send(&ann.app.token).await;
    let dispatched = ann.stack.dispatch_queue.take(10);
    ann.stack.dispatch_batch(&dispatched, 1).await;
    ann.stack.apps.faults.fail_next_of("app", 1);
    ann.stack.step().await;
    assert_eq!((phone.frames(), ann.stack.apps.faults.left()), (vec![], 0));
    ann.stack.clock.advance(Duration::from_secs(3));
    ann.stack.step().await;
    assert_eq!(phone.messages().len(), 1);
}

#[tokio::test]
async fn what_is_queued_when_an_app_is_deleted_is_posted_to_nobody() {
    let ann = Ann::bound().await;
    let phone = ann.live(86_400).await;
    ann.send(&ann.app.token).await;
    let dispatched = ann.stack.dispatch_queue.take(10);
    ann.stack.dispatch_batch(&dispatched, 1).await;
    ann.stack.ok("DELETE", "/management/apps/acme/chat", OPERATOR_KEY, json!({})).await;
    ann.stack.clock.advance(KEPT);
    ends_unread(&ann.stack, &phone, "token revoked").await;
}

#[tokio::test]
async fn a_token_that_ends_while_a_message_waits_for_its_post_reads_nothing() {
    let ann = Ann::bound().await;
    let phone = ann.live(60).await;
    ann.stack.clock.advance(Duration::from_secs(50));
    ann.send(&ann.app.token).await;
    let dispatched = ann.stack.dispatch_queue.take(10);
    ann.stack.dispatch_batch(&dispatched, 1).await;
    let message = ann.stack.direct_queue.take(10);
    ann.stack.clock.advance(Duration::from_secs(8));
    // The end that was queued at the handshake does not arrive.
    assert_eq!(ann.stack.direct_queue.take(10).len(), 1);
    ann.stack.direct_batch(&message, 1).await;
    assert_eq!((phone.frames(), ann.shown()), (vec![], 0));
    ends_unread(&ann.stack, &phone, "token expired").await;
    assert_eq!(ann.shown(), 1);
}

#[tokio::test]
async fn what_waits_is_posted_to_no_token_that_was_revoked_since_the_handshake() {
    let ann = Ann::bound().await;
    ann.send(&ann.app.token).await;
    ann.stack.drain().await;
    let phone = ann.connect(86_400).await;
    ann.stack.clock.advance(Duration::from_secs(1));
    let page = ann.stack.direct_queue.take(10);
    let token = ann.revoke("tokens/revoke").await;
    ann.stack.direct_batch(&page, 1).await;
    ends_unread(&ann.stack, &phone, "token revoked").await;
    assert_eq!(ann.waiting(&token).await.len(), 1);
}

#[tokio::test]
async fn a_record_of_a_version_before_tells_nothing_of_tokens_and_is_posted() {
    let ann = Ann::bound().await;
    let phone = ann.live(86_400).await;
    ann.send(&ann.app.token).await;
    let dispatched = ann.stack.dispatch_queue.take(10);
    ann.stack.dispatch_batch(&dispatched, 1).await;
    let mut record: Value = serde_json::from_str(&ann.stack.direct_queue.take(10)[0]).unwrap();
    let connection = record.pointer_mut("/receivers/0/connections/0").unwrap().as_object_mut().unwrap();
    assert!(connection.remove("token_key").is_some() && connection.remove("until").is_some());
    ann.stack.direct_batch(&[record.to_string()], 1).await;
    assert_eq!(phone.messages().len(), 1);
}
