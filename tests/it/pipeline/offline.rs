//! A user who comes back gets the missed messages once.

use std::time::Duration;

use serde_json::{Value, json};
use shared::{domain::id::MessageId, ports::clock::Clock};

use super::harness::{Stack, TestApp};

/// Ann, who was away, and a group of hers.
struct Ann {
    stack: Stack,
    app: TestApp,
}

impl Ann {
    async fn away() -> Self {
        let stack = Stack::start();
        let app = stack.app("chat", json!({})).await;
        let ann = Self { stack, app };
        ann.group("birds", &["ann", "bob"]).await;
        ann
    }

    async fn group(&self, name: &str, members: &[&str]) {
        let body = json!({"groupid": name, "groupname": name, "members": members});
        self.stack.ok("POST", &self.app.path("chatgroups"), &self.app.token, body).await;
    }

    fn pass(&self, millis: u64) {
        self.stack.clock.advance(Duration::from_millis(millis));
    }

    async fn send(&self) -> MessageId {
        self.pass(60);
        self.stack.send(&self.app, &["ann"], json!({})).await[0]
    }

    async fn send_to(&self, group: &str, from: &str, more: Value) -> MessageId {
        self.pass(60);
        let mut body = json!({"from": from, "to": [group], "type": "txt", "body": {"msg": "hello"}});
        let route = if more.get("users").is_some() { "messages/chatgroups/users" } else { "messages/chatgroups" };
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = self.stack.ok("POST", &self.app.path(route), &self.app.token, body).await;
        MessageId::parse(answer["data"][group].as_str().unwrap()).unwrap()
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.pass(60);
        self.stack.call("GET", &self.app.path(&format!("users/ann/{path}")), &self.app.token, &json!({})).await
    }

    async fn pull(&self, query: &str) -> Value {
        let (status, answer) = self.get(&format!("offline_messages{query}")).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    async fn walk(&self, limit: usize) -> Vec<MessageId> {
        let (mut ids, mut query) = (Vec::new(), format!("?limit={limit}"));
        loop {
            let page = self.pull(&query).await;
            let read = |message: &Value| MessageId::parse(message["msg_id"].as_str().unwrap()).unwrap();
            ids.extend(page["data"].as_array().unwrap().iter().map(read));
            match page.get("cursor") {
                Some(cursor) => query = format!("?limit={limit}&cursor={}", cursor.as_str().unwrap()),
                None => return ids,
            }
        }
    }

    async fn ack(&self, ack: Value) -> Value {
        let path = self.app.path("users/ann/offline_messages/ack");
        self.stack.ok("POST", &path, &self.app.token, ack).await["data"].clone()
    }

    async fn count(&self) -> Value {
        self.get("offline_msg_count").await.1["data"].clone()
    }

    async fn status(&self, id: &str) -> Value {
        self.get(&format!("offline_msg_status/{id}")).await.1["data"].clone()
    }

    async fn refusal(&self, query: &str) -> String {
        let (status, answer) = self.get(&format!("offline_messages{query}")).await;
        assert_eq!(status, 400, "{query}");
        answer["error_description"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn messages_of_users_and_groups_are_pulled_in_pages_until_they_are_acknowledged() {
    let ann = Ann::away().await;
    let mut sent = Vec::new();
    for _ in 0..3 {
        sent.push(ann.send().await);
        sent.push(ann.send_to("birds", "bob", json!({})).await);
    }
    assert_eq!((ann.walk(2).await, ann.walk(100).await), (sent.clone(), sent.clone()));
    assert_eq!(ann.count().await, json!({"ann": 6}));
    assert_eq!(ann.ack(json!({"msg_ids": &sent[..2]})).await, json!({"acked": 2, "remaining": 4}));
    assert_eq!(ann.ack(json!({"msg_ids": &sent[..3]})).await, json!({"acked": 1, "remaining": 3}));
    assert_eq!(ann.ack(json!({"up_to": sent[4]})).await, json!({"acked": 2, "remaining": 1}));
    assert_eq!(ann.walk(1).await, sent[5..]);
    assert_eq!(ann.count().await, json!({"ann": 1}));
}

#[tokio::test]
async fn a_message_comes_as_it_was_sent() {
    let ann = Ann::away().await;
    let body = json!({"from": "bob", "to": ["ann"], "type": "custom", "body": {"customEvent": "gift", "customExts": {"n": "1"}},
        "ext": {"em_force_notification": true}});
    let path = ann.app.path("messages/users");
    let answer = ann.stack.ok("POST", &path, &ann.app.token, body.clone()).await;
    let of_group = ann.send_to("birds", "bob", json!({"users": ["ann"]})).await;
    let page = ann.pull("").await;
    let (single, group) = (&page["data"][0], &page["data"][1]);
    let id = MessageId::parse(answer["data"]["ann"].as_str().unwrap()).unwrap();
    let expected = json!({"msg_id": id, "from": "bob", "to": "ann", "chat_type": "chat", "type": "custom",
        "body": body["body"], "ext": body["ext"], "timestamp": id.accepted_at()});
    assert_eq!(*single, expected);
    assert_eq!((&group["msg_id"], &group["group_id"]), (&json!(of_group), &json!("birds")));
    assert_eq!((&group["chat_type"], &group["to"], &group["ext"]), (&json!("groupchat"), &json!("ann"), &json!({})));
}

#[tokio::test]
async fn what_is_not_anns_is_not_shown() {
    let ann = Ann::away().await;
    ann.group("cats", &["bob"]).await;
    ann.send_to("cats", "bob", json!({})).await;
    ann.send_to("birds", "ann", json!({})).await;
    ann.send_to("birds", "bob", json!({"users": ["eve"]})).await;
    ann.send_to("birds", "bob", json!({"routetype": "ROUTE_ONLINE"})).await;
    assert_eq!(ann.count().await, json!({"ann": 0}));
    let join = json!({"usernames": ["ann"]});
    ann.stack.ok("POST", &ann.app.path("chatgroups/cats/users"), &ann.app.token, join).await;
    let new = ann.send_to("cats", "bob", json!({})).await;
    assert_eq!(ann.walk(9).await, [new]);
    ann.stack.ok("DELETE", &ann.app.path("chatgroups/cats/users/ann"), &ann.app.token, json!({})).await;
    assert_eq!(ann.walk(9).await, []);
}

#[tokio::test]
async fn a_message_is_delivered_when_nothing_of_its_id_waits() {
    let ann = Ann::away().await;
    let (single, group) = (ann.send().await.to_string(), ann.send_to("birds", "bob", json!({})).await.to_string());
    let elsewhere = ann.stack.send(&ann.app, &["bob"], json!({})).await[0].to_string();
    assert_eq!(ann.status(&single).await, json!({&single: "undelivered"}));
    assert_eq!(ann.status(&group).await, json!({&group: "undelivered"}));
    ann.ack(json!({"msg_ids": [single, group]})).await;
    for id in [single.as_str(), &group, &elsewhere, "1017230123456", "what%20ever"] {
        let id = id.replace("%20", " ");
        assert_eq!(ann.status(&id.replace(' ', "%20")).await, json!({&id: "delivered"}));
    }
}

#[tokio::test]
async fn ids_that_are_nobodys_change_nothing_and_leave_no_row() {
    let ann = Ann::away().await;
    ann.group("cats", &["bob"]).await;
    let waiting = ann.send().await;
    let bobs = ann.stack.send(&ann.app, &["bob"], json!({})).await[0];
    let not_hers = ann.send_to("cats", "bob", json!({})).await;
    let unknown = MessageId::of_group(ann.stack.clock.now(), 99);
    let acked = ann.ack(json!({"msg_ids": [bobs, not_hers, unknown]})).await;
    assert_eq!(acked, json!({"acked": 0, "remaining": 1}));
    let user = shared::testing::sample::user("ann");
    assert_eq!(ann.stack.messages.acknowledged_ids(&ann.app.key, &user), []);
    assert_eq!(ann.walk(9).await, [waiting]);
}

#[tokio::test]
async fn what_is_no_page_is_refused_by_field_and_rule() {
    let ann = Ann::away().await;
    for _ in 0..2 {
        ann.send().await;
    }
    let cursor = ann.pull("?limit=1").await["cursor"].as_str().unwrap().to_owned();
    let unknown = "cursor must be the cursor of an earlier page of this user";
    for limit in ["0", "101", "-1", "many", ""] {
        assert_eq!(ann.refusal(&format!("?limit={limit}")).await, "limit must be 1 to 100");
    }
    for query in [String::from("?cursor="), format!("?cursor={cursor}00"), format!("?cursor={}", &cursor[2..])] {
        assert_eq!(ann.refusal(&query).await, unknown);
    }
    for since in ["", "yesterday", "7ZZZZZZZZZZZZZZZZZZZZZZZZZ"] {
        assert_eq!(ann.refusal(&format!("?since={since}")).await, "since must be the id of a message");
    }
    let path = ann.app.path(&format!("users/bob/offline_messages?cursor={cursor}"));
    let (status, answer) = ann.stack.call("GET", &path, &ann.app.token, &json!({})).await;
    assert_eq!((status, answer["error_description"].as_str().unwrap()), (400, unknown));
    assert_eq!(ann.refusal("?limit=1&limit=2").await, "the query must be percent-encoded, each name once");
}

#[tokio::test]
async fn a_user_sees_only_their_own() {
    let ann = Ann::away().await;
    let id = ann.send().await;
    for (user, expected) in [("ann", 200), ("bob", 403)] {
        let grant = json!({"grant_type": "inherit", "username": user, "autoCreateUser": true});
        let token = ann.stack.ok("POST", &ann.app.path("token"), &ann.app.token, grant).await;
        let token = token["access_token"].as_str().unwrap();
        for path in ["offline_messages".to_owned(), "offline_msg_count".into(), format!("offline_msg_status/{id}")] {
            ann.pass(60);
            let path = ann.app.path(&format!("users/ann/{path}"));
            assert_eq!(ann.stack.call("GET", &path, token, &json!({})).await.0, expected, "{path} by {user}");
        }
    }
    let other = ann.stack.app("other", json!({})).await;
    let (status, _) =
        ann.stack.call("GET", &ann.app.path("users/ann/offline_messages"), &other.token, &json!({})).await;
    assert_eq!(status, 401);
}

#[tokio::test]
async fn a_crash_between_a_page_and_its_acknowledgement_loses_nothing() {
    let ann = Ann::away().await;
    let sent = [ann.send().await, ann.send_to("birds", "bob", json!({})).await];
    assert_eq!(ann.walk(1).await, sent);
    ann.stack.messages.faults.lose_answer_of("acknowledge", 1);
    let path = ann.app.path("users/ann/offline_messages/ack");
    let (status, _) = ann.stack.call("POST", &path, &ann.app.token, &json!({"msg_ids": [sent[0]]})).await;
    assert_eq!(status, 503);
    assert_eq!(ann.ack(json!({"msg_ids": [sent[0]]})).await, json!({"acked": 0, "remaining": 1}));
    assert_eq!(ann.walk(1).await, sent[1..]);
}

#[tokio::test]
async fn pulling_makes_nobody_known() {
    let ann = Ann::away().await;
    let id = ann.send().await;
    ann.pass(61_000);
    ann.ack(json!({"up_to": id})).await;
    let user = shared::testing::sample::user("ann");
    assert!(shared::ports::inbox::TrackInbox::marks(&*ann.stack.users, &ann.app.key, &user).await.unwrap().is_some());
    let next = ann.send().await;
    ann.stack.drain().await;
    let suppression = ann.stack.suppression(&ann.app, "ann", next).await;
    assert_eq!(suppression, Some(shared::domain::reason::Reason::NoUserExist));
}
