//! A device's own connection, recorded: its handshake, the messages that it gets, its acknowledgements and its end.

use std::collections::VecDeque;

use serde_json::{Value, json};
use shared::domain::id::{DeviceId, UserId};

use super::{
    super::{Socket, SocketError},
    Recorder,
    calls::seen,
};
use crate::history::{Answer, CallId, ConnectionName, Request, What};

/// An open connection whose device acknowledges all that it gets.
pub struct Connection<'r, 's> {
    run: &'r Recorder<'s>,
    socket: Socket,
    name: ConnectionName,
    user: UserId,
    device: DeviceId,
    /// acknowledgements without an answer, oldest first
    asked: VecDeque<CallId>,
}

impl<'s> Recorder<'s> {
    /// Records a handshake. Returns the connection, if it succeeds.
    pub async fn connect<'r>(
        &'r self,
        user: &UserId,
        device: &DeviceId,
        handshake: impl Future<Output = Result<Socket, SocketError>>,
    ) -> Option<Connection<'r, 's>> {
        let (user, device) = (user.clone(), device.clone());
        let name = ConnectionName(format!("{user}-{}", self.next_name()));
        let call =
            self.begin(Request::Connect { user: user.clone(), device: device.clone(), connection: name.clone() });
        let opened = handshake.await;
        self.end(
            call,
            match &opened {
                Ok(_) => Answer::Accepted,
                Err(SocketError::Refused(status @ 400..500)) => Answer::Refused { status: *status },
                Err(_) => Answer::Unknown,
            },
        );
        Some(Connection { run: self, socket: opened.ok()?, name, user, device, asked: VecDeque::new() })
    }
}

impl Connection<'_, '_> {
    /// Reads frames and acknowledges messages, until the connection ends.
    pub async fn serve(&mut self) {
        while let Ok(frame) = self.socket.next().await {
            if self.read(&frame).await.is_err() {
                break;
            }
        }
        self.ended();
    }

    /// Closes the connection with a close frame.
    pub async fn close(self) {
        self.ended();
        // It may have ended already.
        _ = self.socket.close().await;
    }

    /// Leaves without a close frame, as a phone does that loses its network.
    pub fn leave(self) {
        self.ended();
    }

    fn ended(&self) {
        self.run.note(What::Disconnected { connection: self.name.clone() });
    }

    async fn read(&mut self, frame: &Value) -> Result<(), SocketError> {
        match frame["kind"].as_str() {
            Some("message" | "push") => self.take(&frame["message"]).await,
            Some("acked") => {
                self.answered(Answer::Accepted);
                Ok(())
            }
            // An error is the answer to a frame, and every frame of this client is an acknowledgement.
            Some("error") | None => {
                self.answered(Answer::Unknown);
                Ok(())
            }
            Some(_) => Ok(()),
        }
    }

    /// Notes a message, and acknowledges it.
    async fn take(&mut self, message: &Value) -> Result<(), SocketError> {
        let Some(message) = seen(message) else { return Ok(()) };
        let ids = vec![message.id];
        let Self { name: connection, user, device, .. } = &*self;
        let (connection, user, device) = (connection.clone(), user.clone(), device.clone());
        let app = self.run.key.clone();
        self.run.note(What::Frame { app, user: user.clone(), device, connection: connection.clone(), message });
        let ack = Request::Ack { user, messages: ids.clone(), connection: Some(connection) };
        self.asked.push_back(self.run.begin(ack));
        self.socket.send(&json!({"action": "ack", "msg_ids": ids})).await
    }

    /// The API answers the frames of a connection in their order.
    fn answered(&mut self, answer: Answer) {
        if let Some(call) = self.asked.pop_front() {
            self.run.end(call, answer);
        }
    }
}
