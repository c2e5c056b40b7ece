//! Requests in, port calls, answers out.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Router,
    extract::State,
    routing::{get, post},
};
use serde_json::{Map, Value, json};
use shared::{
    app_configs::AppConfigs,
    domain::{
        id::{AppKey, UserId},
        invalid::Invalid,
    },
    lambda::{
        access::{Caller, Gate, PathUser},
        error::ApiError,
        fields::Fields,
        http::{Answer, RawBody, Reply, finish},
    },
    offline::OfflineStore,
    ports::{clock::Clock, users::TrackPresence},
};

use crate::{events, offline};

/// The most events of one call.
pub const MAX_EVENTS: usize = 500;
/// The most users of one status call. Source: Easemob, "obtain the online status of multiple users".
pub const MAX_USERS: usize = 100;

/// What the function works with.
pub struct ReportPresence {
    /// configurations of the apps
    pub configs: AppConfigs,
    /// where presence lives
    pub presence: Arc<dyn TrackPresence>,
    /// what waits for users
    pub offline: OfflineStore,
    /// the time
    pub clock: Arc<dyn Clock>,
}

impl Gate for ReportPresence {
    fn app_configs(&self) -> &AppConfigs {
        &self.configs
    }

    fn clock(&self) -> &dyn Clock {
        &*self.clock
    }
}

/// The routes of this function.
pub fn router(parts: ReportPresence) -> Router {
    let clock = parts.clock.clone();
    let routes = Router::new()
        .route("/{org}/{app}/presence/events", post(report))
        .route("/{org}/{app}/users/{username}/status", get(status))
        .route("/{org}/{app}/users/batch/status", post(batch_status))
        .route("/{org}/{app}/users/{username}/offline_messages", get(offline::pull))
        .route("/{org}/{app}/users/{username}/offline_messages/ack", post(offline::acknowledge))
        .route("/{org}/{app}/users/{username}/offline_msg_count", get(offline::count))
        .route("/{org}/{app}/users/{username}/offline_msg_status/{msg_id}", get(offline::status))
        .with_state(Arc::new(parts));
    finish(routes, clock)
}

async fn report(State(parts): State<Arc<ReportPresence>>, caller: Caller, RawBody(body): RawBody) -> Answer {
    let fields = Fields::parse(&body)?;
    let sent = fields.list("events", 1, MAX_EVENTS)?;
    let now = parts.clock.now();
    let parsed = sent.iter().map(|event| events::parse(event, &caller.identity, now)).collect();
    let settings = &caller.config.app.settings;
    let answers = events::apply(&*parts.presence, caller.app(), settings, sent, parsed).await?;
    Ok(Reply::data(answers))
}

async fn status(State(parts): State<Arc<ReportPresence>>, caller: Caller, PathUser(user): PathUser) -> Answer {
    caller.must_speak_for(&user)?;
    let states = parts.states(caller.app(), &[user]).await?;
    Ok(Reply::data(states.into_iter().collect::<Map<_, _>>()))
}

async fn batch_status(State(parts): State<Arc<ReportPresence>>, caller: Caller, RawBody(body): RawBody) -> Answer {
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
    let users = names
        .iter()
        .enumerate()
        .map(|(index, name)| {
            let field = format!("usernames[{index}]");
            let name = name.as_str().ok_or_else(|| Invalid::new(&field, "must be a string"))?;
            UserId::parse_as(&field, name)
        })
        .collect::<Result<Vec<_>, Invalid>>()?;
    let states = parts.states(caller.app(), &users).await?;
    let data: Vec<Value> = states.into_iter().map(|(user, state)| json!({user: state})).collect();
    Ok(Reply::fields([("action", json!("get batch user status")), ("data", json!(data))]))
}

impl ReportPresence {
    /// `online` or `offline` for each user, in the order asked; unknown users are offline.
    async fn states(&self, app: &AppKey, users: &[UserId]) -> Result<Vec<(String, Value)>, ApiError> {
        let now = self.clock.now();
        let known: HashMap<UserId, Vec<_>> = self.presence.presence(app, users).await?.into_iter().collect();
        let online = |user| known.get(user).is_some_and(|devices| devices.iter().any(|(_, one)| one.is_online(now)));
        let state = |user| json!(if online(user) { "online" } else { "offline" });
        Ok(users.iter().map(|user| (user.to_string(), state(user))).collect())
    }
}
