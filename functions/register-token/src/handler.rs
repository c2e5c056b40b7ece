//! The HTTP handlers: they parse requests, call ports, and answer.

use std::{sync::Arc, time::Duration};

use axum::{Router, extract::State};
use serde_json::{Value, json};
use shared::{
    domain::{
        binding::{Binding, DeviceToken},
        connection::EndReason,
        id::{DeviceId, NotifierName},
        visibility::Visibility,
    },
    lambda::{
        access::{Caller, PathUser},
        fields::Fields,
        gate::{Gate, HttpState},
        http::{ApiReply, ApiResult, RawBody},
        reader::Reader,
        routes::{Routes, get, post, put},
    },
    name_ports,
    ports::{
        clock::Clock,
        connections::{Connection, DirectRecord, QueueDirect},
        erasure::ReadVisibleSince,
        users::{LogOutDevice, ManageBindings},
    },
};

/// The state of the function's handlers.
pub struct RegisterToken {
    /// stores bindings
    pub bindings: Arc<dyn ManageBindings>,
    /// the presence of devices
    pub presence: Arc<dyn LogOutDevice>,
    /// the queue of hold-connection
    pub direct: Arc<dyn QueueDirect>,
    /// reads erasures, and the creation of apps
    pub visible_since: Arc<dyn ReadVisibleSince>,
    /// tells the time
    pub clock: Arc<dyn Clock>,
}

name_ports! { RegisterToken { bindings, presence, direct, visible_since, clock } }

/// Returns the routes of this function.
pub fn routes() -> Routes<HttpState<RegisterToken>> {
    Routes::new()
        .route("/{org}/{app}/users/{username}/push/binding", [put(bind), get(list)])
        .route("/{org}/{app}/users/{username}/push/logout", [post(log_out)])
}

/// Returns the routes of this function behind its gate.
pub fn router(gate: Gate, state: RegisterToken) -> Router {
    gate.guard(routes(), state)
}

async fn bind(
    State(state): State<Arc<RegisterToken>>,
    caller: Caller,
    PathUser(user): PathUser,
    RawBody(body): RawBody,
) -> ApiResult {
    caller.must_speak_for(&user, &*state.visible_since).await?;
    let fields = Fields::parse(&body)?;
    let device_id = DeviceId::parse(fields.text("device_id")?)?;
    let (notifier, token) = (fields.text("notifier_name")?, fields.text("device_token")?);
    let app = caller.app();
    let left = if notifier.is_empty() {
        state.bindings.unbind(app, &user, &device_id, None).await?
    } else {
        let notifier = NotifierName::parse(notifier)?;
        if token.is_empty() {
            state.bindings.unbind(app, &user, &device_id, Some(&notifier)).await?
        } else {
            let token = DeviceToken::parse(token)?;
            let binding = Binding { device_id: device_id.clone(), notifier, token, bound_at: state.clock.now() };
            let most = usize::from(caller.config.app.settings.max_bindings);
            state.bindings.bind(app, &user, &binding, most).await?
        }
    };
    Ok(ApiReply::entities(
        left.iter()
            .filter(|binding| binding.device_id == device_id)
            .map(|binding| entity(binding, Visibility::Full))
            .collect(),
    ))
}

async fn list(State(state): State<Arc<RegisterToken>>, reader: Reader, PathUser(user): PathUser) -> ApiResult {
    let visibility = reader.may_read_of(&user, &*state.visible_since).await?;
    let bindings = state.bindings.bindings(reader.app(), &user).await?;
    Ok(ApiReply::entities(bindings.iter().map(|binding| entity(binding, visibility)).collect()))
}

async fn log_out(
    State(state): State<Arc<RegisterToken>>,
    caller: Caller,
    PathUser(user): PathUser,
    RawBody(body): RawBody,
) -> ApiResult {
    caller.must_speak_for(&user, &*state.visible_since).await?;
    let fields = Fields::parse(&body)?;
    let device_id = DeviceId::parse(fields.text("device_id")?)?;
    let unbind = fields.optional_flag("unbind_token")?.unwrap_or(false);
    let app = caller.app();
    // It unbinds first. If the second step fails, a repeated call still has the requested result.
    if unbind {
        state.bindings.unbind(app, &user, &device_id, None).await?;
    }
    let ended = state.presence.log_out(app, &user, &device_id, state.clock.now()).await?;
    let end = |id| {
        let (app, user, device_id) = (app.clone(), user.clone(), device_id.clone());
        Connection { id, app, user, device_id }.end(EndReason::Logout)
    };
    let ends: Vec<DirectRecord> = ended.into_iter().map(end).collect();
    if !ends.is_empty() {
        state.direct.queue_direct(&ends, Duration::ZERO).await?;
    }
    Ok(ApiReply::data(json!({"device_id": device_id, "unbind_token": unbind, "result": true})))
}

fn entity(binding: &Binding, visibility: Visibility) -> Value {
    json!({
        "device_id": binding.device_id,
        "device_token": visibility.device_token(binding.token.expose()),
        "notifier_name": binding.notifier,
    })
}
