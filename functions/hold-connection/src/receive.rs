//! `$default`: handles frames of clients. `$disconnect`: handles the end of a connection.

use shared::{
    domain::{
        ack::{Ack, Acked},
        id::SessionId,
    },
    lambda::{deadline::Deadline, route_limits::RateClass},
    ports::{connections::Connection, error::StoreError},
};

use crate::{
    event::SocketEvent,
    frame::{ClientFrame, FrameError, acked, pong},
    hold::HoldConnection,
};

impl HoldConnection {
    /// Handles a frame, and returns the frame that answers it.
    pub(crate) async fn receive(&self, event: &SocketEvent, id: &SessionId, deadline: Deadline) -> String {
        let answer = deadline.wait(self.answer(event, id)).await.unwrap_or_else(|| {
            tracing::error!(connection.id = %id, "no time was left to answer a frame");
            Err(FrameError::unavailable())
        });
        match answer {
            Ok(frame) => frame,
            Err(error) => {
                tracing::debug!(connection.id = %id, code = %error, "a frame is refused");
                error.frame()
            }
        }
    }

    async fn answer(&self, event: &SocketEvent, id: &SessionId) -> Result<String, FrameError> {
        let now = self.ports.clock.now();
        if event.is_base64_encoded == Some(true) {
            return Err(FrameError::binary());
        }
        // An invalid frame costs no read of a table.
        let frame = ClientFrame::parse(event.body.as_deref().unwrap_or_default(), now)?;
        let found = self.ports.connections.find(id, now).await.map_err(failed)?;
        let open = found.ok_or_else(FrameError::not_connected)?;
        let Connection { app, user, .. } = &open.connection;
        if !self.rates.user_may_call(app, user, RateClass::Users, now) {
            return Err(FrameError::too_many());
        }
        let ids = frame.ids();
        if ids > 0 && !self.rates.user_may_acknowledge(app, user, ids, now) {
            return Err(FrameError::too_many_ids());
        }
        if let Some(reason) = self.refused_token(app, Some(&open.token_key), open.token_until).await.map_err(failed)? {
            self.queue_end(open.connection, reason, None).await.map_err(failed)?;
            return Err(FrameError::ended(reason));
        }
        // The connection may be older than the version that stores which apps have connections.
        self.note_connections(app).await;
        match (open.live, open.backlog_read) {
            (true, _) => {}
            // Presence already knows it as live.
            (false, true) => self.ports.connections.note_live(id).await.map_err(failed)?,
            (false, false) => self.make_live(&open.connection).await.map_err(failed)?,
        }
        match frame {
            ClientFrame::Ping => Ok(pong()),
            ClientFrame::Ack(ack) => self.acknowledge(&open.connection, ack).await,
        }
    }

    /// Makes the connection live: from now on messages are posted to it at once.
    pub(crate) async fn make_live(&self, connection: &Connection) -> Result<(), StoreError> {
        self.ports.presence.mark_live(connection).await?;
        self.ports.connections.note_live(&connection.id).await
    }

    /// Stores what the client received. Returns the frame with the number of messages.
    async fn acknowledge(&self, connection: &Connection, ack: Ack) -> Result<String, FrameError> {
        let Connection { app, user, device_id, .. } = connection;
        match ack {
            Ack::Messages(ids) => {
                let named = self.offline.acknowledge_named(app, user, &ids, &self.walks).await.map_err(failed)?;
                self.read_elsewhere.after_ack(app, user, &named.ids, Some(device_id)).await;
                if !named.complete {
                    return Err(FrameError::too_many_unknown());
                }
                Ok(acked(named.acked, false))
            }
            up_to @ Ack::UpTo(_) => {
                let Acked { acked: number, ids, more, .. } =
                    self.offline.acknowledge(app, user, &up_to).await.map_err(failed)?;
                self.read_elsewhere.after_ack(app, user, &ids, Some(device_id)).await;
                Ok(acked(number, more))
            }
        }
    }

    /// Handles the end of a connection.
    pub(crate) async fn disconnect(&self, id: &SessionId) -> Result<(), StoreError> {
        let Some(open) = self.ports.connections.find(id, self.ports.clock.now()).await? else {
            return Ok(());
        };
        self.drop_connection(&open.connection, Some(open.since)).await?;
        tracing::info!(app = %open.connection.app, connection.id = %id, "disconnected");
        Ok(())
    }
}

fn failed(error: StoreError) -> FrameError {
    tracing::error!(error = error.chain(), "a frame cannot be processed");
    FrameError::unavailable()
}
