//! `$connect`: authenticates the client, and starts the connection.

use std::time::Duration;

use shared::{
    domain::{
        connection::{CONNECTION_LEASE, EndReason, FIRST_PAGE},
        id::{AppKey, DeviceId, MessageId, SessionId},
        invalid::Invalid,
        presence::{PresenceEvent, PresenceStatus},
        time::Timestamp,
    },
    lambda::{
        access::{Caller, authenticate, bearer_of},
        acks,
        deadline::Deadline,
        error::ApiError,
        route_limits::RateClass,
        token::{Identity, issued},
    },
    ports::{
        connections::{Connection, DirectPage, DirectRecord, OpenConnection},
        effect::{Effect, FollowUp},
        error::StoreError,
        users::Applied,
    },
};

use crate::{
    direct::{FINISH, QUEUEING},
    event::SocketEvent,
    hold::HoldConnection,
};

/// Maximum bytes of a platform's name, as in presence events.
const MAX_PLATFORM_BYTES: usize = 64;

/// The parameters of a handshake.
struct ConnectQuery<'a> {
    app: AppKey,
    device_id: DeviceId,
    since: Option<MessageId>,
    platform: Option<String>,
    token: &'a str,
}

impl<'a> ConnectQuery<'a> {
    fn parse(event: &'a SocketEvent, now: Timestamp) -> Result<Self, ApiError> {
        let token = event.header("authorization").and_then(bearer_of).or_else(|| event.query("token"));
        let token = token.ok_or_else(ApiError::unauthorized)?;
        let required = |name: &str| event.query(name).ok_or_else(|| Invalid::new(name, "is required"));
        let app = AppKey::new(required("org")?, required("app")?)?;
        let device_id = DeviceId::parse(required("device_id")?)?;
        let since = event.query("since").map(|id| acks::message_id("since", id, now)).transpose()?;
        let platform = event.query("platform").map(str::to_owned);
        if platform.as_ref().is_some_and(|platform| platform.len() > MAX_PLATFORM_BYTES) {
            return Err(Invalid::new("platform", format!("must be at most {MAX_PLATFORM_BYTES} bytes long")).into());
        }
        Ok(Self { app, device_id, since, platform, token })
    }
}

impl HoldConnection {
    /// Accepts or refuses a connection.
    pub(crate) async fn connect(&self, event: &SocketEvent, id: SessionId, deadline: Deadline) -> Result<(), ApiError> {
        let asked = ConnectQuery::parse(event, self.ports.clock.now())?;
        let in_time = deadline.leaving(FINISH);
        let (caller, open) = in_time.wait(self.admit(event, &asked, id)).await.ok_or_else(no_time)??;
        if let Some(taken) = in_time.wait(self.take(&caller, &open, &asked)).await {
            return taken;
        }
        self.take_back(open, deadline).await;
        Err(no_time())
    }

    /// Undoes the writes of a handshake that ran out of time: it queues a record that ends the connection, or ends it
    /// at once if that fails.
    async fn take_back(&self, open: OpenConnection, deadline: Deadline) {
        let OpenConnection { connection, since, .. } = open;
        let end = self.queue_end(connection.clone(), EndReason::Offline, Some(since.plus(FIRST_PAGE)));
        if matches!(deadline.leaving(QUEUEING).wait(end).await, Some(Ok(()))) {
            return;
        }
        if !matches!(deadline.wait(self.remove_connection(&connection, Some(since))).await, Some(Ok(_))) {
            tracing::warn!(connection.id = %connection.id, "a refused connection cannot be removed from presence now");
        }
    }

    /// Authenticates the client. Returns the caller with the connection that it may open.
    async fn admit(
        &self,
        event: &SocketEvent,
        asked: &ConnectQuery<'_>,
        id: SessionId,
    ) -> Result<(Caller, OpenConnection), ApiError> {
        let now = self.ports.clock.now();
        let caller = authenticate(&self.configs, &asked.app, asked.token, now).await?;
        let Identity::User(user) = &caller.identity else {
            return Err(ApiError::forbidden("this needs a user token"));
        };
        if !self.rates.user_may_call(&asked.app, user, RateClass::Users, now) {
            return Err(ApiError::too_many_requests());
        }
        let token = issued(asked.token, &caller.config.app).ok_or_else(ApiError::bad_token)?;
        // An erased user cannot return with an old token, and cannot see a later user of the same name.
        caller.must_speak_for(user, &*self.offline.visible_since).await?;
        let (token_key, token_until) = (token.key, token.until);
        let connection =
            Connection { id, app: asked.app.clone(), user: user.clone(), device_id: asked.device_id.clone() };
        // All connections use one clock, that of API Gateway.
        let since = event.request_context.connected_at.map_or(now, Timestamp::from_millis);
        let open = OpenConnection { connection, token_key, token_until, backlog_read: false, live: false, since };
        Ok((caller, open))
    }

    /// Undoes the writes of a refused handshake.
    async fn undo(&self, open: &OpenConnection, refused: &ApiError) {
        let undone = match refused.status().as_u16() {
            401 => self.forget_device(&open.connection).await,
            // The client connects again. Until then its device is offline, and gets pushes.
            _ => self.remove_connection(&open.connection, Some(open.since)).await.map(drop),
        };
        if let Err(error) = undone {
            tracing::warn!(error = error.chain(), "a refused connection cannot be removed from presence now");
        }
    }

    /// Removes the writes of a handshake whose user was erased meanwhile.
    async fn forget_device(&self, connection: &Connection) -> Result<(), StoreError> {
        if let Some(presence) = self.ports.presence.held(connection).await? {
            let device = [(connection.device_id.clone(), presence)];
            self.ports.presence.make_room(&connection.app, &connection.user, &device).await?;
        }
        self.ports.connections.forget(&connection.id).await
    }

    /// Makes the connection its device's present one, and queues the work that follows.
    async fn take(&self, caller: &Caller, open: &OpenConnection, asked: &ConnectQuery<'_>) -> Result<(), ApiError> {
        self.ports.connections.open(open).await?;
        let OpenConnection { connection, since, token_key, token_until, .. } = open;
        let event = began(open, asked);
        let token_lease = token_until.map_or(Duration::MAX, |until| until.since(*since));
        let max = caller.config.app.settings.max_devices.into();
        let presence = &self.ports.presence;
        let lease = CONNECTION_LEASE.min(token_lease);
        let effect = presence.connect(&connection.app, &event, lease, token_key, max).await?;
        if effect.applied == Applied::Stale {
            self.ports.connections.forget(&connection.id).await?;
            let FollowUp { ends, .. } = FollowUp::of(&connection.app, &[(event, effect)]);
            self.queue_ends(&ends).await?;
            return Err(ApiError::conflict("a newer connection of this device is open"));
        }
        let counted = (effect.applied == Applied::Applied).then(|| event.clone());
        if let Err(error) = self.follow(open, event, effect, asked, caller).await {
            self.undo(open, &error).await;
            return Err(error);
        }
        // A refused connection is told of at neither end.
        if let Some(event) = counted {
            self.tell_status(&caller.config.app, &event);
        }
        tracing::info!(app = %connection.app, connection.id = %connection.id, "connected");
        Ok(())
    }

    /// Refuses a banned user.
    async fn refuse_banned(&self, connection: &Connection) -> Result<(), ApiError> {
        match self.ports.bans.is_banned(&connection.app, &connection.user).await? {
            true => Err(ApiError::forbidden("the user is banned")),
            false => Ok(()),
        }
    }

    /// Queues the work that follows a connection. If that fails, the connection is refused. The ends of other
    /// connections come first, because a device is removed only after the end of its connection is queued.
    async fn follow(
        &self,
        open: &OpenConnection,
        event: PresenceEvent,
        mut effect: Effect,
        asked: &ConnectQuery<'_>,
        caller: &Caller,
    ) -> Result<(), ApiError> {
        let OpenConnection { connection, token_until, .. } = open;
        let Connection { app, device_id, .. } = connection;
        let is_surplus = effect.surplus.iter().any(|(device, _)| device == device_id);
        effect.surplus.retain(|(device, _)| device != device_id);
        let FollowUp { ends, surplus } = FollowUp::of(app, &[(event, effect)]);
        self.queue_ends(&ends).await?;
        // An erasure or a ban may have ended the user's connections before this one was stored.
        caller.must_speak_for(&connection.user, &*self.offline.visible_since).await?;
        self.refuse_banned(connection).await?;
        if is_surplus {
            return Err(ApiError::conflict("as many devices of the user as may be have newer connections"));
        }
        if let Some(until) = token_until.filter(|until| *until < open.since.plus(CONNECTION_LEASE)) {
            self.queue_end(connection.clone(), EndReason::TokenExpired, Some(until)).await?;
        }
        for (user, devices) in surplus {
            if let Err(error) = self.ports.presence.make_room(app, &user, &devices).await {
                tracing::warn!(error = error.chain(), "surplus devices cannot be removed before the next connection");
            }
        }
        self.note_connections(app).await;
        // This comes last, because the first page must not be posted before the handshake is answered.
        let page = DirectPage::first(connection.clone(), asked.since, open.since);
        self.ports.direct.queue_direct(&[DirectRecord::Page(page)], FIRST_PAGE).await?;
        Ok(())
    }
}

/// Returns the event that the connection began.
fn began(open: &OpenConnection, asked: &ConnectQuery<'_>) -> PresenceEvent {
    let Connection { id, user, device_id, .. } = open.connection.clone();
    PresenceEvent {
        user,
        device_id,
        session: id,
        status: PresenceStatus::Online,
        at: open.since,
        platform: asked.platform.clone(),
        gateway: None,
    }
}

/// Returns the error for a table or queue that was too slow.
fn no_time() -> ApiError {
    StoreError::Throttled.into()
}
