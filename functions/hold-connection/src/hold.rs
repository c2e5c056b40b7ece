//! The use case's ports, and the steps that several events share.

use std::{sync::Arc, time::Duration};

use shared::{
    app_configs::AppConfigs,
    callbacks::Callbacks,
    domain::{
        connection::{EndReason, HANDSHAKE},
        presence::PresenceEvent,
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
    read_elsewhere::ReadElsewhere,
};

/// Retries of posts.
pub(crate) const POST: Schedule =
    Schedule { first: Duration::from_secs(1), most: Duration::from_secs(30), max_hint: Duration::from_secs(30) };

/// Delay of the first retry of a post whose connection may not have been open yet.
const NOT_OPEN_YET: Duration = Duration::from_secs(2);

/// The ports of the use case.
pub struct Ports {
    /// stores which apps have connections
    pub apps: Arc<dyn NoteConnections>,
    /// stores connections
    pub connections: Arc<dyn KeepConnections>,
    /// the presence of devices
    pub presence: Arc<dyn TrackConnections>,
    /// reads bans
    pub bans: Arc<dyn ReadBan>,
    /// posts to connections
    pub posts: Arc<dyn PostToConnections>,
    /// its own queue
    pub direct: Arc<dyn QueueDirect>,
    /// the queue of check-presence, for new decisions
    pub dispatch: Arc<dyn QueueDispatch>,
    /// its own queue, for unreadable records
    pub returns: Arc<dyn ReturnRecord>,
    /// its dead-letter queue, for records that nobody can process
    pub dead_letters: Arc<dyn DeadLetterRecord>,
    /// tells the time
    pub clock: Arc<dyn Clock>,
    /// gives jitter
    pub entropy: Arc<dyn Entropy>,
}

name_ports! { Ports { apps, connections, presence, bans, posts, direct, dispatch, returns, dead_letters, clock, entropy } }

/// The use case of the function.
pub struct HoldConnection {
    /// configurations of the apps
    pub configs: AppConfigs,
    /// rate limits for connections and frames of users
    pub rates: RequestRates,
    /// the messages that wait for users
    pub offline: OfflineStore,
    /// asks that read messages lose their notifications
    pub read_elsewhere: ReadElsewhere,
    /// tells apps' servers which devices connected and disconnected
    pub callbacks: Callbacks,
    /// earlier searches for acknowledged ids
    pub walks: Walks,
    /// all other ports
    pub ports: Ports,
}

name_ports! { HoldConnection { configs, offline, read_elsewhere, callbacks, ports } without { rates, walks } }

impl HoldConnection {
    /// Applies the end of a connection, and tells the app's server.
    pub(crate) async fn drop_connection(
        &self,
        connection: &Connection,
        since: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        if let Some(event) = self.remove_connection(connection, since).await? {
            self.tell_status_of(&connection.app, &event).await;
        }
        Ok(())
    }

    /// Applies the end of a connection: its device is offline, unless it has another connection by now. `since` is when
    /// the connection began, if that is known. The end is never dated before it, whatever a clock shows. Returns the event
    /// if it counted.
    pub(crate) async fn remove_connection(
        &self,
        connection: &Connection,
        since: Option<Timestamp>,
    ) -> Result<Option<PresenceEvent>, StoreError> {
        let now = self.ports.clock.now();
        let at = since.map_or(now, |since| now.max(since));
        let effect = self.ports.presence.end(connection, at).await?;
        // Only the handshake of this connection may know which connections it superseded.
        let counted = (effect.applied == Applied::Applied).then(|| connection.offline(at));
        if let Some(event) = &counted {
            let FollowUp { ends, .. } = FollowUp::of(&connection.app, &[(event.clone(), effect)]);
            self.queue_ends(&ends).await?;
        }
        self.ports.connections.forget(&connection.id).await?;
        Ok(counted)
    }

    /// Queues the ends of connections, if there are any.
    pub(crate) async fn queue_ends(&self, ends: &[DirectRecord]) -> Result<(), StoreError> {
        if ends.is_empty() {
            return Ok(());
        }
        Ok(self.ports.direct.queue_direct(ends, Duration::ZERO).await?)
    }

    /// Queues the end of a connection, not before `not_before`.
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

    /// Returns when to post again to a connection that began at `since` and was refused as gone `refused` times.
    /// Returns `None` if its handshake must be over. A connection opens when its handshake is answered. A connection
    /// that is really gone costs two more tries.
    pub(crate) fn opens_in(&self, since: Timestamp, refused: u32) -> Option<Duration> {
        let left = since.plus(HANDSHAKE).since(self.ports.clock.now());
        match refused {
            _ if left.is_zero() => None,
            0 => Some(NOT_OPEN_YET.min(left)),
            1 => Some(left),
            _ => None,
        }
    }

    /// Returns the delay after so many failures.
    pub(crate) fn retry_after(&self, attempts: u32) -> Duration {
        POST.delay(attempts, None, self.ports.entropy.fraction())
    }
}
