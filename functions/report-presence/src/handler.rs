//! The HTTP handlers: they parse requests, call ports, and answer.

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::{Router, extract::State};
use serde_json::{Map, Value, json};
use shared::{
    callbacks::Callbacks,
    domain::{
        app::App,
        callback::event::{CallbackEvent, Happening, UserStatus},
        id::{AppKey, DeviceId, UserId},
        invalid::Invalid,
        presence::{Presence, PresenceEvent, PresenceStatus},
    },
    gateway_leases::GatewayLeases,
    lambda::{
        access::{Caller, PathUser},
        deadline::Deadline,
        error::ApiError,
        fields::Fields,
        gate::{Gate, HttpState},
        http::{ApiReply, ApiResult, RawBody},
        id_list::read_ids,
        reader::Reader,
        routes::{Routes, delete, get, post},
        token::Identity,
    },
    name_ports,
    offline::OfflineStore,
    ports::{
        clock::Clock,
        connections::{QueueDirect, TrackConnections},
        effect::{Effect, FollowUp},
        gateways::RenewGateways,
        users::{Applied, BanUser, TrackPresence},
    },
    read_elsewhere::ReadElsewhere,
};

use crate::{
    ban, devices, events, gateways, offline,
    paths::{NamedUser, PathGateway, PathResource},
};

/// Maximum events of one call.
pub const MAX_EVENTS: usize = 500;
/// Maximum users of one status call. Source: Easemob, "obtain the online status of multiple users".
pub const MAX_USERS: usize = 100;

/// Maximum time to queue what apps' servers are told.
const TELLING: Duration = Duration::from_secs(1);

/// The state of the function's handlers.
pub struct ReportPresence {
    /// bans users
    pub bans: Arc<dyn BanUser>,
    /// the presence of devices
    pub presence: Arc<dyn TrackPresence>,
    /// the presence of devices with connections to us
    pub connections: Arc<dyn TrackConnections>,
    /// the queue of hold-connection
    pub direct: Arc<dyn QueueDirect>,
    /// tells apps' servers about their users' devices
    pub callbacks: Callbacks,
    /// the messages that wait for users
    pub offline: OfflineStore,
    /// asks that read messages lose their notifications
    pub read_elsewhere: ReadElsewhere,
    /// reads leases of gateways
    pub leases: GatewayLeases,
    /// renews leases of gateways
    pub gateways: Arc<dyn RenewGateways>,
    /// tells the time
    pub clock: Arc<dyn Clock>,
}

name_ports! { ReportPresence {
    bans, presence, connections, direct, callbacks, offline, read_elsewhere, leases, gateways, clock
} }

/// Returns the routes of this function.
pub fn routes() -> Routes<HttpState<ReportPresence>> {
    Routes::new()
        .route("/{org}/{app}/presence/events", [post(report)])
        .route("/{org}/{app}/presence/gateways/{gateway}", [post(renew)])
        .route("/{org}/{app}/users/{username}/status", [get(status)])
        .route("/{org}/{app}/users/batch/status", [post(batch_status), get(status_of_batch)])
        .route("/{org}/{app}/users/{username}/offline_messages", [get(offline::pull)])
        .route("/{org}/{app}/users/{username}/offline_messages/ack", [post(offline::acknowledge)])
        .route("/{org}/{app}/users/{username}/offline_msg_count", [get(offline::count)])
        .route("/{org}/{app}/users/{username}/offline_msg_status/{msg_id}", [get(offline::status)])
        .route("/{org}/{app}/users/{username}/resources", [get(resources)])
        .route("/{org}/{app}/users/{username}/deactivate", [post(ban::deactivate)])
        .route("/{org}/{app}/users/{username}/activate", [post(ban::activate)])
        .route("/{org}/{app}/users/{username}/disconnect", [get(disconnect)])
        .route("/{org}/{app}/users/{username}/disconnect/{resource}", [delete(disconnect_one), get(disconnect_one)])
}

/// Returns the routes of this function behind its gate.
pub fn router(gate: Gate, state: ReportPresence) -> Router {
    gate.guard(routes(), state)
}

async fn report(State(state): State<Arc<ReportPresence>>, caller: Caller, RawBody(body): RawBody) -> ApiResult {
    match &caller.identity {
        Identity::User(own) => {
            caller.must_speak_for(own, &*state.offline.visible_since).await?;
        }
        Identity::App | Identity::Support => caller.must_be_app()?,
    }
    let fields = Fields::parse(&body)?;
    let sent = fields.list("events", 1, MAX_EVENTS)?;
    let now = state.clock.now();
    let parsed: Vec<_> = sent.iter().map(|event| events::parse(event, &caller.identity, now)).collect();
    let settings = &caller.config.app.settings;
    let mut answers: Vec<Value> = sent.iter().zip(&parsed).map(|(sent, parsed)| events::answer(sent, parsed)).collect();
    let followed = events::apply(&*state.connections, caller.app(), settings, &parsed, &mut answers).await;
    followed.0.iter().for_each(|(event, effect)| state.tell(&caller.config.app, event, effect));
    state.follow_and_tell(caller.app(), followed).await?;
    Ok(ApiReply::data(answers))
}

async fn renew(
    State(state): State<Arc<ReportPresence>>,
    caller: Caller,
    PathGateway(gateway): PathGateway,
    RawBody(body): RawBody,
) -> ApiResult {
    caller.must_be_app()?;
    let grace = caller.config.app.settings.presence_lease();
    let renewal = gateways::parse(&Fields::parse(&body)?, state.clock.now(), grace)?;
    let lease = state.gateways.renew_gateway(caller.app(), &gateway, &renewal).await?;
    state.leases.forget(caller.app(), &gateway);
    Ok(ApiReply::data(json!({"expires_at": lease.until})))
}

async fn status(State(state): State<Arc<ReportPresence>>, reader: Reader, NamedUser(name): NamedUser) -> ApiResult {
    state.shown_status(&reader, name).await
}

/// Returns the status of a user named `batch`. A `GET` of this path means that user, because only `POST` has the batch
/// route.
async fn status_of_batch(State(state): State<Arc<ReportPresence>>, reader: Reader) -> ApiResult {
    state.shown_status(&reader, "batch".to_owned()).await
}

async fn batch_status(State(state): State<Arc<ReportPresence>>, caller: Caller, RawBody(body): RawBody) -> ApiResult {
    caller.must_be_app()?;
    let fields = Fields::parse(&body)?;
    let names = fields.list("usernames", 0, usize::MAX)?;
    if names.is_empty() {
        return Err(Invalid::new("usernames", format!("must have 1 to {MAX_USERS} entries")).into());
    }
    if names.len() > MAX_USERS {
        let text = "request body exceeds maximum limit, maximum limit is 100";
        return Err(ApiError::invalid(&Invalid::verbatim("usernames", text)));
    }
    let names: Vec<&str> = read_ids("usernames", names, |_, name| Ok(name))?;
    // An invalid name belongs to no user, and counts as offline.
    let users: Vec<Option<UserId>> = names.iter().map(|name| UserId::parse(name).ok()).collect();
    let possible: Vec<UserId> = users.iter().flatten().cloned().collect();
    let mut states = state.states(caller.app(), &possible).await?.into_iter();
    let states = users.iter().map(|user| user.as_ref().and_then(|_| states.next()).unwrap_or("offline"));
    // Clients look up the names as they sent them.
    let data: Vec<Value> = names.into_iter().zip(states).map(|(name, state)| json!({name: state})).collect();
    Ok(ApiReply::fields([("action", json!("get batch user status")), ("data", json!(data))]))
}

async fn resources(State(state): State<Arc<ReportPresence>>, caller: Caller, PathUser(user): PathUser) -> ApiResult {
    caller.must_be_app()?;
    let now = state.clock.now();
    let mut devices = state.devices(caller.app(), &user).await?;
    state.leases.apply_to(caller.app(), &mut devices).await?;
    let online = devices.iter().filter(|(_, presence)| presence.is_online(now));
    Ok(ApiReply::data(online.map(devices::shown).collect::<Vec<_>>()))
}

async fn disconnect(State(state): State<Arc<ReportPresence>>, caller: Caller, PathUser(user): PathUser) -> ApiResult {
    caller.must_be_app()?;
    let devices = state.devices(caller.app(), &user).await?;
    state.kick(&caller, &user, devices).await?;
    Ok(ApiReply::data(json!({"result": true})))
}

async fn disconnect_one(
    State(state): State<Arc<ReportPresence>>,
    caller: Caller,
    PathUser(user): PathUser,
    PathResource(resource): PathResource,
) -> ApiResult {
    caller.must_be_app()?;
    let mut devices = state.devices(caller.app(), &user).await?;
    devices.retain(|(device, presence)| devices::resource(device, presence) == resource);
    state.kick(&caller, &user, devices).await?;
    // Without such a device the response is the same, because the device is not connected.
    Ok(ApiReply::data(json!({"result": true})))
}

impl ReportPresence {
    /// Returns a user's status under the name that the caller sent. An invalid name belongs to no user, and counts as
    /// offline.
    async fn shown_status(&self, reader: &Reader, name: String) -> ApiResult {
        let state = match UserId::parse(&name) {
            Ok(user) => {
                reader.may_read_of(&user, &*self.offline.visible_since).await?;
                self.states(reader.app(), &[user]).await?.first().copied().unwrap_or("offline")
            }
            Err(_) => {
                reader.may_read()?;
                "offline"
            }
        };
        Ok(ApiReply::data(Map::from_iter([(name, json!(state))])))
    }

    /// Returns `online` or `offline` for each user, in the given order. Unknown users are offline.
    async fn states(&self, app: &AppKey, users: &[UserId]) -> Result<Vec<&'static str>, ApiError> {
        let now = self.clock.now();
        let mut known: HashMap<UserId, Vec<_>> = self.presence.presence(app, users).await?.into_iter().collect();
        let mut devices: Vec<&mut Presence> = known.values_mut().flatten().map(|(_, presence)| presence).collect();
        self.leases.apply(app, &mut devices).await?;
        let online = |user| known.get(user).is_some_and(|devices| devices.iter().any(|(_, one)| one.is_online(now)));
        Ok(users.iter().map(|user| if online(user) { "online" } else { "offline" }).collect())
    }

    /// Returns the user's devices, connected or not. An unknown user has none.
    pub async fn devices(&self, app: &AppKey, user: &UserId) -> Result<Vec<(DeviceId, Presence)>, ApiError> {
        let known = self.presence.presence(app, std::slice::from_ref(user)).await?;
        Ok(known.into_iter().flat_map(|(_, devices)| devices).collect())
    }

    /// Kicks devices.
    pub async fn kick(
        &self,
        caller: &Caller,
        user: &UserId,
        kicked: Vec<(DeviceId, Presence)>,
    ) -> Result<(), ApiError> {
        let settings = &caller.config.app.settings;
        let now = self.clock.now();
        let followed = devices::kick(&*self.connections, caller.app(), user, kicked, settings, now).await;
        followed.0.iter().for_each(|(event, effect)| self.tell(&caller.config.app, event, effect));
        self.follow_and_tell(caller.app(), followed).await
    }

    /// Notes a device that connected or disconnected for the app's server.
    fn tell(&self, app: &App, event: &PresenceEvent, effect: &Effect) {
        if effect.applied != Applied::Applied || event.status == PresenceStatus::Heartbeat {
            return;
        }
        self.callbacks.add(app, || {
            let status = UserStatus {
                user: event.user.clone(),
                device_id: event.device_id.clone(),
                platform: event.platform.clone(),
                status: event.status,
            };
            CallbackEvent::new(event.at, Happening::UserStatus(status))
        });
    }

    /// Follows up on effects, and queues what the app's server is told.
    async fn follow_and_tell(&self, app: &AppKey, followed: events::Followed) -> Result<(), ApiError> {
        let told = self.callbacks.flush(Deadline::after(TELLING), None);
        futures::join!(self.follow(app, followed), told).0
    }

    /// Queues the ends of connections to us, and then removes surplus devices. Fails afterwards if any device failed:
    /// the repeated call returns the open connections again.
    async fn follow(&self, app: &AppKey, (effects, failed): events::Followed) -> Result<(), ApiError> {
        let FollowUp { ends, surplus } = FollowUp::of(app, &effects);
        if !ends.is_empty() {
            self.direct.queue_direct(&ends, Duration::ZERO).await?;
        }
        for (user, devices) in surplus {
            self.connections.make_room(app, &user, &devices).await?;
        }
        failed.map_or(Ok(()), |error| Err(error.into()))
    }
}
