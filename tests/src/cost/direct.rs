//! Messages to users who are connected to Curlew: their cost, and the delay that Curlew adds.

use std::time::Duration;

use futures::future::{try_join, try_join_all};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use super::{Cost, SHORT, Sender, message};
use crate::stack::{Socket, StackError};

const DIRECT: &str = "DirectQueue";
/// How long a message may take to its receiver.
const PATIENCE: Duration = Duration::from_secs(30);

impl Sender<'_> {
    /// Sends a message to each of these users, one after the other. All are connected and acknowledge what they get.
    ///
    /// The recheck of each message is counted too.
    pub async fn to_connected(&self, users: &[String]) -> Result<Cost, StackError> {
        let mut sockets = try_join_all(users.iter().map(|user| self.connect(user))).await?;
        // A second after a new connection, its waiting messages are looked for.
        self.emptied(DIRECT).await?;
        let mut cost = self
            .counted(users.len(), async {
                for (user, socket) in users.iter().zip(&mut sockets) {
                    self.post("/messages/users", &message(user, SHORT)).await?;
                    let id = next_message(socket).await?;
                    socket.send(&json!({"action": "ack", "msg_ids": [id]})).await?;
                    frame_of("acked", socket).await?;
                }
                // A record for a connection may still put a record on `dispatch`.
                self.through().await?;
                self.emptied(DIRECT).await?;
                self.through().await
            })
            .await?;
        // No message was pushed. The table counts deliveries instead.
        cost.pushes = users.len() as u64;
        Ok(cost)
    }

    /// Returns how long after the answer to the caller each message reaches a connected user; 0 if it arrived before
    /// the answer.
    pub async fn delays(&self, user: &str, messages: usize) -> Result<Vec<Duration>, StackError> {
        let mut socket = self.connect(user).await?;
        let mut delays = Vec::with_capacity(messages);
        for _ in 0..messages {
            let answered = async {
                self.post("/messages/users", &message(user, SHORT)).await?;
                Ok(Instant::now())
            };
            let arrived = async {
                let id = next_message(&mut socket).await?;
                Ok::<_, StackError>((id, Instant::now()))
            };
            let (answered, (id, arrived)) = try_join(answered, arrived).await?;
            delays.push(arrived.saturating_duration_since(answered));
            socket.send(&json!({"action": "ack", "msg_ids": [id]})).await?;
        }
        Ok(delays)
    }

    /// Connects this user's phone.
    async fn connect(&self, user: &str) -> Result<Socket, StackError> {
        let token = self.app.user_token(user).await?;
        let query = [("org", &*self.app.org), ("app", &*self.app.app), ("device_id", "phone"), ("token", &token)];
        let mut socket = Socket::open(&self.stack.description.websocket_url, &query, None).await?;
        socket.send(&json!({"action": "ping"})).await?;
        frame_of("pong", &mut socket).await?;
        Ok(socket)
    }
}

async fn next_message(socket: &mut Socket) -> Result<String, StackError> {
    let frame = frame_of("message", socket).await?;
    frame["message"]["msg_id"].as_str().map(str::to_owned).ok_or(StackError::Lacking("an id"))
}

/// Waits for the next frame of this kind.
async fn frame_of(kind: &str, socket: &mut Socket) -> Result<Value, StackError> {
    let wanted = async {
        loop {
            let frame = socket.next().await?;
            if frame["kind"] == kind {
                return Ok(frame);
            }
        }
    };
    timeout(PATIENCE, wanted).await.unwrap_or(Err(StackError::Lacking("a frame")))
}
