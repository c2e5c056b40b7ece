//! Presence events: read one by one, applied in order for each device, devices side by side.

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

/// How many devices are written at once.
const PARALLEL_DEVICES: usize = 32;
/// How far a gateway's clock may be ahead. A later time would lock the device against every honest event until then.
pub const CLOCK_SKEW: Duration = Duration::from_secs(60);

/// One event of the request, or why it cannot be one.
pub type Parsed = Result<PresenceEvent, Invalid>;

/// Reads one event. A user token reports its own user only, and no gateway: its device would be online as long as that lives.
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

/// What events made of their users' devices, and why some could not be applied.
pub type Followed = (Vec<(PresenceEvent, Effect)>, Option<StoreError>);

/// Applies the readable events and writes what came of them into their answers, which come in the order of the request. One device's
/// failure costs no other its effects.
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

/// Applies a device's events in their order, up to the first that fails.
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

/// The readable events with their places in the request, together for each device.
fn by_device(parsed: &[Parsed]) -> Vec<Vec<(usize, PresenceEvent)>> {
    let mut events: Vec<(usize, PresenceEvent)> = parsed
        .iter()
        .enumerate()
        .filter_map(|(index, event)| event.as_ref().ok().map(|event| (index, event.clone())))
        .collect();
    // A stable sort: a device's events stay in the order of the request.
    events.sort_by(|(_, a), (_, b)| (&a.user, &a.device_id).cmp(&(&b.user, &b.device_id)));
    events.chunk_by(|(_, a), (_, b)| a.user == b.user && a.device_id == b.device_id).map(<[_]>::to_vec).collect()
}

/// The answer to an event, without what came of it.
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
