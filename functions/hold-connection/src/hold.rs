//! What the function works with.

use std::{sync::Arc, time::Duration};

use shared::{
    app_configs::AppConfigs,
    domain::{
        connection::{EndReason, HANDSHAKE},
        retry::Schedule,
        time::Timestamp,
    },
    lambda::rate::RequestRates,
    name_ports,
    offline::{OfflineStore, Walks},
    ports::{
        apps::NoteConnections,
        clock::{Clock, Entropy},
        connections::{
            Connection, DirectEnd, DirectRecord, KeepConnections, PostToConnections, QueueDirect, TrackConnections,
        },
        effect::FollowUp,
        error::StoreError,
        queue::{DeadLetterRecord, MAX_DELAY, QueueDispatch, ReturnRecord},
        users::{Applied, ReadBan},
    },
};

/// Retries of posts.
pub(crate) const POST: Schedule =
    Schedule { first: Duration::from_secs(1), most: Duration::from_secs(30), max_hint: Duration::from_secs(30) };

/// When a post is tried again for the first time whose connection may not have been open yet.
const NOT_OPEN_YET: Duration = Duration::from_secs(2);

/// Where connections, messages and queues are.
pub struct Ports {
    /// which apps have connections
    pub apps: Arc<dyn NoteConnections>,
    /// which connection is whose
    pub connections: Arc<dyn KeepConnections>,
    /// who is connected
    pub presence: Arc<dyn TrackConnections>,
    /// who is banned
    pub bans: Arc<dyn ReadBan>,
    /// the connections themselves
    pub posts: Arc<dyn PostToConnections>,
    /// its own queue
    pub direct: Arc<dyn QueueDirect>,
    /// where decisions are taken again
    pub dispatch: Arc<dyn QueueDispatch>,
    /// its own queue, for what cannot be read
    pub returns: Arc<dyn ReturnRecord>,
    /// its dead-letter queue, for what nobody can work on
    pub dead_letters: Arc<dyn DeadLetterRecord>,
    /// the time
    pub clock: Arc<dyn Clock>,
    /// jitter
    pub entropy: Arc<dyn Entropy>,
}

name_ports! { Ports { apps, connections, presence, bans, posts, direct, dispatch, returns, dead_letters, clock, entropy } }

/// Holds connections.
pub struct HoldConnection {
    /// configurations of the apps
    pub configs: AppConfigs,
    /// how often users connect and send frames
    pub rates: RequestRates,
    /// what waits for users
    pub offline: OfflineStore,
    /// which acknowledged ids were looked for among that
    pub walks: Walks,
    /// everything else
    pub ports: Ports,
}

name_ports! { HoldConnection { configs, offline, ports } without { rates, walks } }

impl HoldConnection {
    /// Notes that a connection is over: its device is offline, unless another connection is the device's by now. `since` is when it
    /// began, if that is known: no clock may put its end before that.
    pub(crate) async fn drop_connection(
        &self,
        connection: &Connection,
        since: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let now = self.ports.clock.now();
        let at = since.map_or(now, |since| now.max(since));
        let effect = self.ports.presence.end(connection, at).await?;
        // Only the handshake that made this connection the device's may have known whom it superseded.
        if effect.applied == Applied::Applied {
            let FollowUp { ends, .. } = FollowUp::of(&connection.app, &[(connection.offline(at), effect)]);
            self.queue_ends(&ends).await?;
        }
        self.ports.connections.forget(&connection.id).await
    }

    /// Queues the ends of connections, if there are any.
    pub(crate) async fn queue_ends(&self, ends: &[DirectRecord]) -> Result<(), StoreError> {
        if ends.is_empty() {
            return Ok(());
        }
        Ok(self.ports.direct.queue_direct(ends, Duration::ZERO).await?)
    }

    /// Queues the end of a connection, at `not_before` at the earliest.
    pub(crate) async fn queue_end(
        &self,
        connection: Connection,
        reason: EndReason,
        not_before: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let delay = not_before.map_or(Duration::ZERO, |at| at.since(self.ports.clock.now())).min(MAX_DELAY);
        let end = DirectRecord::End(DirectEnd { connection, reason, not_before, attempts: 0, tried_at: None });
        Ok(self.ports.direct.queue_direct(&[end], delay).await?)
    }

    /// After how long to post again to a connection that began then and was refused as gone so often; `None` if it would be open by now.
    /// It opens when the handshake is answered. One that is gone costs two tries more.
    pub(crate) fn opens_in(&self, since: Timestamp, refused: u32) -> Option<Duration> {
        let left = since.plus(HANDSHAKE).since(self.ports.clock.now());
        match refused {
            _ if left.is_zero() => None,
            0 => Some(NOT_OPEN_YET.min(left)),
            1 => Some(left),
            _ => None,
        }
    }

    /// After how long to try again what failed this often.
    pub(crate) fn retry_after(&self, attempts: u32) -> Duration {
        POST.delay(attempts, None, self.ports.entropy.fraction())
    }
}
