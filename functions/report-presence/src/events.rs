//! Presence events: parsed one by one, and applied in order for each device, in parallel for several devices.

use std::time::Duration;

use futures::{StreamExt, stream};
use serde_json::{Map, Value, json};
use shared::{
    domain::{
        app::Settings,
        id::{AppKey, DeviceId, GatewayId, SessionId, UserId},
        invalid::Invalid,
        presence::{PresenceEvent, PresenceStatus},
        time::Timestamp,
    },
    lambda::{fields::Fields, token::Identity},
    ports::{connections::TrackConnections, effect::Effect, error::StoreError, users::Applied},
};

/// Devices written at the same time.
const PARALLEL_DEVICES: usize = 32;
/// Maximum time by which a gateway's clock may be ahead. A later time would make every correct event stale until then.
pub const CLOCK_SKEW: Duration = Duration::from_secs(60);

/// One event of the request, or why it is invalid.
pub type Parsed = Result<PresenceEvent, Invalid>;

/// Parses one event. A user token may report its own user only, and no gateway: the device would be online as long as
/// that gateway lives.
pub fn parse(value: &Value, identity: &Identity, now: Timestamp) -> Parsed {
    let map: Map<String, Value> =
        value.as_object().cloned().ok_or_else(|| Invalid::new("event", "must be an object"))?;
    let fields = Fields::of(map);
    let user = UserId::parse_as("user", fields.text("user")?)?;
    if matches!(identity, Identity::User(own) if *own != user) {
        return Err(Invalid::new("user", "must be the token's own user"));
    }
    let device_id = DeviceId::parse(fields.text("device_id")?)?;
    let session = SessionId::parse(fields.text("session")?)?;
    let status = PresenceStatus::parse(fields.text("status")?)?;
    let ts = fields.optional_integer("ts")?.ok_or_else(|| Invalid::new("ts", "is required"))?;
    let at = Timestamp::parse_millis(ts)
        .filter(|at| at.since(now) <= CLOCK_SKEW)
        .ok_or_else(|| Invalid::new("ts", "must be Unix milliseconds, at most 60 s in the future"))?;
    let platform = fields.optional_text("platform")?.map(str::to_owned);
    if platform.as_ref().is_some_and(|platform| platform.len() > 64) {
        return Err(Invalid::new("platform", "must be at most 64 bytes long"));
    }
    let gateway = fields.optional_text("gateway")?.map(GatewayId::parse).transpose()?;
    if gateway.is_some() && matches!(identity, Identity::User(_)) {
        return Err(Invalid::new("gateway", "needs an app token"));
    }
    Ok(PresenceEvent { user, device_id, session, status, at, platform, gateway })
}

/// The effects of events, and the first error if some could not be applied.
pub type Followed = (Vec<(PresenceEvent, Effect)>, Option<StoreError>);

/// Applies the valid events, and writes the results into their answers, which are in the order of the request. An error
/// of one device does not change the effects on others.
pub async fn apply(
    presence: &dyn TrackConnections,
    app: &AppKey,
    settings: &Settings,
    parsed: &[Parsed],
    answers: &mut [Value],
) -> Followed {
    let devices: Vec<(Vec<_>, Option<StoreError>)> = stream::iter(by_device(parsed))
        .map(|events| of_device(presence, app, settings, events))
        .buffer_unordered(PARALLEL_DEVICES)
        .collect()
        .await;
    let (mut effects, mut failed) = (Vec::new(), None);
    for (applied, failure) in devices {
        failed = failed.or(failure);
        for (index, event, effect) in applied {
            let result = match effect.applied {
                Applied::Applied => "applied",
                Applied::Stale => "stale",
            };
            answers[index]["result"] = json!(result);
            effects.push((event, effect));
        }
    }
    (effects, failed)
}

/// Applies a device's events in their order, until one fails.
async fn of_device(
    presence: &dyn TrackConnections,
    app: &AppKey,
    settings: &Settings,
    events: Vec<(usize, PresenceEvent)>,
) -> (Vec<(usize, PresenceEvent, Effect)>, Option<StoreError>) {
    let mut applied = Vec::with_capacity(events.len());
    for (index, event) in events {
        let (lease, max) = (settings.presence_lease(), settings.max_devices.into());
        match presence.apply_to_connections(app, &event, lease, max).await {
            Ok(effect) => applied.push((index, event, effect)),
            Err(error) => return (applied, Some(error)),
        }
    }
    (applied, None)
}

/// Returns the valid events with their places in the request, grouped by device.
fn by_device(parsed: &[Parsed]) -> Vec<Vec<(usize, PresenceEvent)>> {
    let mut events: Vec<(usize, PresenceEvent)> = parsed
        .iter()
        .enumerate()
        .filter_map(|(index, event)| event.as_ref().ok().map(|event| (index, event.clone())))
        .collect();
    // The sort is stable: a device's events stay in the order of the request.
    events.sort_by(|(_, a), (_, b)| (&a.user, &a.device_id).cmp(&(&b.user, &b.device_id)));
    events.chunk_by(|(_, a), (_, b)| a.user == b.user && a.device_id == b.device_id).map(<[_]>::to_vec).collect()
}

/// Returns the answer to an event, without its result.
pub fn answer(sent: &Value, parsed: &Parsed) -> Value {
    let mut answer = Map::new();
    for name in ["user", "device_id"] {
        if let Some(value) = sent.get(name).filter(|value| value.is_string()) {
            answer.insert(name.to_owned(), value.clone());
        }
    }
    if let Err(invalid) = parsed {
        answer.insert("result".to_owned(), json!("invalid"));
        answer.insert("reason".to_owned(), json!(invalid.to_string()));
    }
    Value::Object(answer)
}
