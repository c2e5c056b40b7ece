//! Acknowledgements of clients, and what waits for them afterwards.

use serde_json::{Value, json};
use shared::domain::{ack::MAX_ACKED, id::MessageId};

use super::harness::{Stack, TestApp};

/// Ann, for whom messages wait.
struct Ann {
    stack: Stack,
    app: TestApp,
    sent: Vec<MessageId>,
}

impl Ann {
    async fn with_messages(number: usize) -> Self {
        let stack = Stack::start();
        let app = stack.app("chat", json!({})).await;
        let mut sent = Vec::new();
        for _ in 0..number {
            sent.extend(stack.send(&app, &["ann"], json!({})).await);
            stack.clock.advance(std::time::Duration::from_millis(1));
        }
        stack.drain().await;
        Self { stack, app, sent }
    }

    async fn call(&self, token: &str, ack: Value) -> (u16, Value) {
        self.stack.call("POST", &self.app.path("users/ann/offline_messages/ack"), token, &ack).await
    }

    async fn acknowledge(&self, ack: Value) -> Value {
        let (status, answer) = self.call(&self.app.token, ack).await;
        assert_eq!(status, 200, "{answer}");
        answer["data"].clone()
    }

    /// Sends an acknowledgement that is refused. Returns the error text.
    async fn refusal(&self, ack: Value) -> String {
        let (status, answer) = self.call(&self.app.token, ack.clone()).await;
        assert_eq!(status, 400, "{ack}");
        answer["error_description"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn a_client_acknowledges_single_messages_or_all_up_to_one() {
    let ann = Ann::with_messages(5).await;
    let sent = &ann.sent;
    assert_eq!(ann.acknowledge(json!({"msg_ids": [sent[0], sent[2]]})).await, json!({"acked": 2, "remaining": 3}));
    assert_eq!(ann.acknowledge(json!({"msg_ids": [sent[2], sent[3]]})).await, json!({"acked": 1, "remaining": 2}));
    assert_eq!(ann.acknowledge(json!({"up_to": sent[2]})).await, json!({"acked": 1, "remaining": 1}));
    assert_eq!(ann.acknowledge(json!({"up_to": sent[1]})).await, json!({"acked": 0, "remaining": 1}));
    assert_eq!(ann.acknowledge(json!({"up_to": sent[4]})).await, json!({"acked": 1, "remaining": 0}));
}

#[tokio::test]
async fn an_acknowledgement_leaves_the_record_of_the_message_as_it_was() {
    let ann = Ann::with_messages(1).await;
    let before = ann.stack.stored(&ann.app, "ann", ann.sent[0]).await;
    ann.acknowledge(json!({"up_to": ann.sent[0]})).await;
    assert_eq!(ann.stack.stored(&ann.app, "ann", ann.sent[0]).await, before);
}

#[tokio::test]
async fn a_message_of_somebody_else_cannot_be_acknowledged() {
    let ann = Ann::with_messages(1).await;
    let bobs = ann.stack.send(&ann.app, &["bob"], json!({})).await;
    assert_eq!(ann.acknowledge(json!({"msg_ids": bobs})).await, json!({"acked": 0, "remaining": 1}));
    let other = ann.stack.app("other", json!({})).await;
    let (status, _) = ann.call(&other.token, json!({"up_to": ann.sent[0]})).await;
    assert_eq!(status, 401);
}

#[tokio::test]
async fn a_user_acknowledges_only_for_themselves() {
    let ann = Ann::with_messages(1).await;
    for (user, status) in [("ann", 200), ("bob", 403)] {
        let grant = json!({"grant_type": "inherit", "username": user, "autoCreateUser": true});
        let token = ann.stack.ok("POST", &ann.app.path("token"), &ann.app.token, grant).await;
        let token = token["access_token"].as_str().unwrap();
        assert_eq!(ann.call(token, json!({"up_to": ann.sent[0]})).await.0, status, "{user}");
    }
}

#[tokio::test]
async fn what_is_no_acknowledgement_is_refused_by_field_and_rule() {
    let ann = Ann::with_messages(1).await;
    let id = ann.sent[0];
    let late = MessageId::new(id.accepted_at().plus(std::time::Duration::from_secs(61)), 1);
    let cases = [
        (json!({}), "msg_ids is required"),
        (json!({"msg_ids": []}), "msg_ids must have 1 to 100 entries"),
        (json!({"msg_ids": vec![id; MAX_ACKED + 1]}), "msg_ids must have 1 to 100 entries"),
        (json!({"msg_ids": "all"}), "msg_ids must be an array"),
        (json!({"msg_ids": [id, 7]}), "msg_ids[1] must be a string"),
        (json!({"msg_ids": [id, "first"]}), "msg_ids[1] must be the id of a message"),
        (json!({"up_to": "last"}), "up_to must be the id of a message"),
        (json!({"up_to": late}), "up_to must be the id of a message"),
        (json!({"up_to": 7}), "up_to must be a string"),
        (json!({"up_to": id, "msg_ids": [id]}), "up_to must not stand beside msg_ids"),
    ];
    for (ack, refusal) in cases {
        assert_eq!(ann.refusal(ack.clone()).await, refusal, "{ack}");
    }
    assert_eq!(ann.acknowledge(json!({"msg_ids": [id]})).await, json!({"acked": 1, "remaining": 0}));
}
