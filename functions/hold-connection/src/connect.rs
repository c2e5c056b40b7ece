//! `$connect`: who the client is, and what follows once the connection is open.

use std::time::Duration;

use shared::{
    domain::{
        connection::{CONNECTION_LEASE, EndReason, FIRST_PAGE},
        id::{AppKey, DeviceId, MessageId, SessionId},
        invalid::Invalid,
        presence::{PresenceEvent, Status},
        time::Timestamp,
    },
    lambda::{
        access::{Caller, authenticate, bearer_of},
        acks,
        error::ApiError,
        route_limits::RateClass,
        token::{Identity, issued},
    },
    ports::{
        connections::{Connection, DirectPage, DirectRecord, OpenConnection},
        users::Applied,
    },
};

use crate::{event::SocketEvent, hold::HoldConnection};

/// The most bytes of a platform's name, as in presence events.
const MAX_PLATFORM_BYTES: usize = 64;

/// What the client asks for.
struct Asked<'a> {
    app: AppKey,
    device_id: DeviceId,
    since: Option<MessageId>,
    platform: Option<String>,
    token: &'a str,
}

impl<'a> Asked<'a> {
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
    /// Takes a connection, or refuses it.
    pub(crate) async fn connect(&self, event: &SocketEvent, id: SessionId) -> Result<(), ApiError> {
        let now = self.ports.clock.now();
        let asked = Asked::parse(event, now)?;
        let caller = authenticate(&self.configs, &asked.app, asked.token, now).await?;
        let Identity::User(user) = &caller.identity else {
            return Err(ApiError::forbidden("this needs a user token"));
        };
        if !self.rates.user_may_call(&asked.app, user, RateClass::Users, now) {
            return Err(ApiError::too_many_requests());
        }
        let token = issued(asked.token, &caller.config.app).ok_or_else(ApiError::bad_token)?;
        caller.must_speak_for(user, &*self.offline.beginnings).await?;
        let (token_key, token_until) = (token.key, token.until);
        let connection =
            Connection { id, app: asked.app.clone(), user: user.clone(), device_id: asked.device_id.clone() };
        // All connections are timed by one clock, API Gateway's.
        let since = event.request_context.connected_at.map_or(now, Timestamp::from_millis);
        let open = OpenConnection { connection, token_key, token_until, live: false, since };
        self.ports.connections.open(&open).await?;
        self.take(&caller, &open, &asked).await
    }

    /// Makes a connection the device's own, and queues what follows.
    async fn take(&self, caller: &Caller, open: &OpenConnection, asked: &Asked<'_>) -> Result<(), ApiError> {
        let OpenConnection { connection, since, token_until, .. } = open;
        let event = PresenceEvent {
            user: connection.user.clone(),
            device_id: connection.device_id.clone(),
            session: connection.id.clone(),
            status: Status::Online,
            at: *since,
            platform: asked.platform.clone(),
            gateway: None,
        };
        let token_lease = token_until.map_or(Duration::MAX, |until| until.since(*since));
        let max = caller.config.app.settings.max_devices.into();
        let presence = &self.ports.presence;
        let effect = presence.connect(&connection.app, &event, CONNECTION_LEASE.min(token_lease), max).await?;
        if effect.applied == Applied::Stale {
            self.ports.connections.forget(&connection.id).await?;
            return Err(ApiError::conflict("a newer connection of this device is open"));
        }
        let mut done = self.queue_what_follows(open, effect.ended, asked.since).await.map_err(ApiError::from);
        if done.is_ok() {
            done = self.refuse_banned(connection).await;
        }
        if let Err(error) = done {
            // The client connects again. Until then its device is offline, and pushed.
            if let Err(error) = self.drop_connection(connection, Some(*since)).await {
                tracing::warn!(error = error.chain(), "a refused connection stays in presence until it is found gone");
            }
            return Err(error);
        }
        tracing::info!(app = %connection.app, connection.id = %connection.id, "connected");
        Ok(())
    }

    /// Refuses a banned user. A ban ends the connections that presence tells; one that began before presence told of this one is seen here.
    async fn refuse_banned(&self, connection: &Connection) -> Result<(), ApiError> {
        match self.ports.bans.is_banned(&connection.app, &connection.user).await? {
            true => Err(ApiError::forbidden("the user is banned")),
            false => Ok(()),
        }
    }

    async fn queue_what_follows(
        &self,
        open: &OpenConnection,
        ended: Option<SessionId>,
        since: Option<MessageId>,
    ) -> Result<(), shared::ports::error::StoreError> {
        let connection = &open.connection;
        let page = DirectPage { connection: connection.clone(), cursor: None, since, page: 0, attempts: 0 };
        self.ports.direct.queue_direct(&[DirectRecord::Page(page)], FIRST_PAGE).await?;
        if let Some(id) = ended.filter(|id| *id != connection.id) {
            self.queue_end(Connection { id, ..connection.clone() }, EndReason::Superseded, None).await?;
        }
        match open.token_until.filter(|until| *until < open.since.plus(CONNECTION_LEASE)) {
            Some(until) => self.queue_end(connection.clone(), EndReason::TokenExpired, Some(until)).await,
            None => Ok(()),
        }
    }
}
