//! A client's own connection, as API Gateway shows it to the function.

use std::cell::Cell;

use serde_json::{Value, json};
use shared::{domain::id::SessionId, ports::clock::Clock};

use super::harness::{Stack, TestApp};

thread_local! {
    static CONNECTIONS: Cell<u32> = const { Cell::new(0) };
}

/// A user's device with its connection.
pub struct Socket<'a> {
    stack: &'a Stack,
    pub id: SessionId,
}

/// Returns an access token of a user.
pub async fn user_token(stack: &Stack, app: &TestApp, user: &str, more: Value) -> String {
    let mut grant = json!({"grant_type": "inherit", "username": user, "autoCreateUser": true});
    grant.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let issued = stack.ok("POST", &app.path("token"), &app.token, grant).await;
    issued["access_token"].as_str().unwrap().to_owned()
}

/// Makes a handshake with this query. Returns status, body, and the connection, which is open if it was accepted.
pub async fn handshake<'a>(stack: &'a Stack, headers: Value, query: Value) -> (u64, Value, Socket<'a>) {
    let number = CONNECTIONS.get() + 1;
    CONNECTIONS.set(number);
    let id = SessionId::parse(&format!("connection-{number}=")).unwrap();
    let answer = stack
        .hold(json!({
            "requestContext": {
                "routeKey": "$connect", "eventType": "CONNECT", "connectionId": id, "stage": "live",
                "connectedAt": stack.clock.now(),
            },
            "headers": headers,
            "multiValueHeaders": {},
            "queryStringParameters": query,
            "isBase64Encoded": false,
        }))
        .await;
    let status = answer["statusCode"].as_u64().unwrap();
    if status == 200 {
        stack.connections.open(&id);
    }
    let body = answer["body"].as_str().map_or(Value::Null, |body| serde_json::from_str(body).unwrap());
    (status, body, Socket { stack, id })
}

impl<'a> Socket<'a> {
    /// Returns a connection that was opened before.
    pub fn of(stack: &'a Stack, id: SessionId) -> Self {
        Self { stack, id }
    }

    /// Connects a user's device. The queues bring what waits.
    pub async fn connect(stack: &'a Stack, app: &TestApp, user: &str, device: &str) -> Self {
        Self::connect_with(stack, app, user, device, json!({})).await
    }

    pub async fn connect_with(stack: &'a Stack, app: &TestApp, user: &str, device: &str, more: Value) -> Self {
        let token = user_token(stack, app, user, json!({})).await;
        let mut query = json!({"org": app.key.org(), "app": app.key.app(), "device_id": device, "token": token});
        query.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let (status, body, socket) = handshake(stack, json!({}), query).await;
        assert_eq!(status, 200, "{body}");
        socket
    }

    /// Sends a frame. Returns the frame that answers it.
    pub async fn send(&self, frame: &str) -> Value {
        self.send_as(frame, false).await
    }

    pub async fn send_as(&self, frame: &str, binary: bool) -> Value {
        let answer = self.event("MESSAGE", json!({"body": frame, "isBase64Encoded": binary})).await;
        assert_eq!(answer["statusCode"], 200);
        serde_json::from_str(answer["body"].as_str().unwrap()).unwrap()
    }

    pub async fn ack(&self, ids: &[impl ToString]) -> Value {
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        self.send(&json!({"action": "ack", "msg_ids": ids}).to_string()).await
    }

    /// Closes the connection with a close frame.
    pub async fn close(&self) {
        self.stack.connections.lose(&self.id);
        self.event("DISCONNECT", json!({"disconnectStatusCode": 1000})).await;
    }

    /// Loses the connection without a close frame.
    pub fn lose(&self) {
        self.stack.connections.lose(&self.id);
    }

    pub fn is_open(&self) -> bool {
        self.stack.connections.is_open(&self.id)
    }

    /// Takes the frames that arrived.
    pub fn frames(&self) -> Vec<Value> {
        self.stack.connections.take(&self.id).iter().map(|frame| serde_json::from_str(frame).unwrap()).collect()
    }

    /// Takes the ids of the messages that arrived. Other frames are an error.
    pub fn messages(&self) -> Vec<String> {
        let id = |frame: Value| {
            assert_eq!(frame["kind"], "message", "{frame}");
            frame["message"]["msg_id"].as_str().unwrap().to_owned()
        };
        self.frames().into_iter().map(id).collect()
    }

    async fn event(&self, kind: &str, more: Value) -> Value {
        let context = json!({"eventType": kind, "connectionId": self.id, "connectedAt": 1});
        let mut event = json!({"requestContext": context});
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.stack.hold(event).await
    }
}
