//! A phone's own connection to the WebSocket API.

use std::collections::{BTreeSet, VecDeque};

use curlew_tests::stack::{Socket, SocketError};
use serde_json::{Value, json};

use super::{PATIENCE, Phone, Tenant, canary};

/// An open connection of a phone.
pub struct Live {
    socket: Socket,
    /// frames that arrived while the test waited for another kind
    skipped: VecDeque<Value>,
}

impl Tenant<'_> {
    /// Connects with a token of the phone's user.
    pub async fn connect(&self, phone: &Phone) -> Live {
        self.connect_with(phone, &[]).await
    }

    /// Connects with further parameters.
    pub async fn connect_with(&self, phone: &Phone, more: &[(&str, &str)]) -> Live {
        let token = self.app.user_token(&phone.user).await.expect("a token");
        canary::note(&token);
        let device = [("device_id", phone.device.as_str()), ("token", &token)];
        let socket = self.open(&[&device[..], more].concat(), None).await.expect("a connection");
        Live::from(socket)
    }

    /// Tries to connect with these parameters, the app's key and this bearer.
    pub async fn open(&self, query: &[(&str, &str)], bearer: Option<&str>) -> Result<Socket, SocketError> {
        let app = [("org", self.app.org.as_str()), ("app", &self.app.app)];
        let url = &self.world.stack.description.websocket_url;
        Socket::open(url, &[&app[..], query].concat(), bearer).await
    }
}

impl From<Socket> for Live {
    fn from(socket: Socket) -> Self {
        Self { socket, skipped: VecDeque::new() }
    }
}

impl Live {
    /// Returns the server's next frame.
    async fn next(&mut self) -> Result<Value, SocketError> {
        tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("the server says something")
    }

    /// Waits for the next frame of this kind.
    pub async fn next_of(&mut self, kind: &str) -> Value {
        if let Some(place) = self.skipped.iter().position(|frame| frame["kind"] == kind) {
            return self.skipped.remove(place).expect("a frame");
        }
        loop {
            let frame = self.next().await.expect("a frame");
            if frame["kind"] == kind {
                return frame;
            }
            self.skipped.push_back(frame);
        }
    }

    /// Waits until all of these messages arrived, in any order, once or more. Returns them by arrival.
    pub async fn receives(&mut self, ids: &[&str]) -> Vec<Value> {
        let mut missing: BTreeSet<&str> = ids.iter().copied().collect();
        let mut came = Vec::new();
        while !missing.is_empty() {
            let mut frame = self.next_of("message").await;
            let message = frame["message"].take();
            missing.remove(message["msg_id"].as_str().expect("an id"));
            came.push(message);
        }
        came
    }

    /// Returns whether this message arrives before the server closes.
    pub async fn receives_or_ends(&mut self, id: &str) -> bool {
        loop {
            match self.next().await {
                Ok(frame) if frame["message"]["msg_id"] == id => return true,
                Ok(_) => {}
                Err(SocketError::Closed(_)) => return false,
                Err(error) => panic!("closed in no proper way: {error}"),
            }
        }
    }

    /// Acknowledges these messages, and waits for the server's answer.
    pub async fn acknowledge(&mut self, ids: &[&str]) {
        self.send(&json!({"action": "ack", "msg_ids": ids})).await;
        assert_eq!(self.next_of("acked").await["acked"], ids.len());
    }

    pub async fn send(&mut self, frame: &Value) {
        self.socket.send(frame).await.expect("a frame is sent");
    }

    pub async fn send_text(&mut self, text: &str) {
        self.socket.send_text(text).await.expect("a frame is sent");
    }

    pub async fn send_bytes(&mut self, bytes: &[u8]) {
        self.socket.send_bytes(bytes).await.expect("a frame is sent");
    }

    /// Sends a ping and waits for the pong.
    pub async fn ping(&mut self) {
        self.send(&json!({"action": "ping"})).await;
        self.next_of("pong").await;
    }

    /// Waits until the server closes. Returns its close code.
    pub async fn closed(&mut self) -> Option<u16> {
        loop {
            match self.next().await {
                Ok(_) => {}
                Err(SocketError::Closed(code)) => return code,
                Err(error) => panic!("closed in no proper way: {error}"),
            }
        }
    }

    pub async fn close(self) {
        self.socket.close().await.expect("a good-bye");
    }
}
