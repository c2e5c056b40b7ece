//! A device's own connection to Curlew's WebSocket API.

use std::time::Duration;

use serde_json::{Value, json};

use super::{screen::Ink, stage::Stage, stop::Stop, wait::until};
use crate::stack::{Socket, SocketError};

/// How long a frame may take. The first frames follow a second after the connection.
const FRAME: Duration = Duration::from_secs(10);

/// An open connection. Dropping it sends no close frame, as when a phone leaves its network.
#[derive(Debug)]
pub struct Connection(Socket);

impl Stage<'_> {
    /// Connects a device, and waits until the connection answers.
    pub async fn connect(&self, user: &str, device: &str) -> Result<Connection, Stop> {
        let token = self.app.user_token(user).await?;
        let query = [("org", self.app.org.as_str()), ("app", &self.app.app), ("device_id", device), ("token", &token)];
        let url = &self.stack.description.websocket_url;
        let mut connection = Connection(Socket::open(url, &query, None).await.map_err(Stop::NoConnection)?);
        connection.send(&json!({"action": "ping"})).await?;
        connection.next("pong").await?;
        let dot = self.screen.paint(Ink::Push, "●");
        self.screen.event(&format!("{dot} {user}'s {device} connects to Curlew's WebSocket API"));
        Ok(connection)
    }

    /// Ends a user's only connection, and waits until the user is offline.
    pub async fn hang_up(&self, connection: Connection, user: &str) -> Result<(), Stop> {
        drop(connection);
        until("the end of the connection", FRAME, async || Ok((!self.app.is_online(user).await?).then_some(()))).await
    }
}

impl Connection {
    /// Waits for this message.
    pub async fn message(&mut self, msg_id: &str) -> Result<Value, Stop> {
        loop {
            let mut frame = self.next("message").await?;
            if frame["message"]["msg_id"] == msg_id {
                return Ok(frame["message"].take());
            }
        }
    }

    /// Acknowledges a message, and waits for the answer.
    pub async fn acknowledge(&mut self, msg_id: &str) -> Result<(), Stop> {
        self.send(&json!({"action": "ack", "msg_ids": [msg_id]})).await?;
        self.next("acked").await.map(drop)
    }

    async fn send(&mut self, frame: &Value) -> Result<(), Stop> {
        self.0.send(frame).await.map_err(Stop::NoConnection)
    }

    /// Waits for the next frame of this kind.
    async fn next(&mut self, kind: &str) -> Result<Value, Stop> {
        let next = async {
            loop {
                let frame = self.0.next().await?;
                if frame["kind"] == kind {
                    return Ok::<_, SocketError>(frame);
                }
            }
        };
        match tokio::time::timeout(FRAME, next).await {
            Ok(frame) => frame.map_err(Stop::NoConnection),
            Err(_) => Err(Stop::late(kind, FRAME)),
        }
    }
}
