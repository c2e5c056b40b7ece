//! Lists a user's devices as the reference API does, and kicks them.

use std::time::Duration;

use futures::{StreamExt, stream};
use serde_json::{Value, json};
use shared::{
    domain::{
        app::Settings,
        id::{AppKey, DeviceId, UserId},
        presence::{Presence, PresenceEvent, PresenceStatus},
        time::Timestamp,
    },
    ports::{connections::TrackConnections, effect::Effect, error::StoreError},
};

use crate::events::Followed;

/// Devices kicked at the same time.
const PARALLEL_DEVICES: usize = 16;
/// The platform shown for a device that reported none.
const UNKNOWN_PLATFORM: &str = "unknown";

/// Returns the reference API's name of a device: `<platform>_<device_id>`.
pub fn resource(device: &DeviceId, presence: &Presence) -> String {
    format!("{}_{device}", presence.platform.as_deref().unwrap_or(UNKNOWN_PLATFORM))
}

/// Returns a connected device as the reference API shows it. Devices report no name, so the platform is shown as their
/// name.
pub fn shown((device, presence): &(DeviceId, Presence)) -> Value {
    json!({
        "res": resource(device, presence),
        "device_uuid": device,
        "device_name": presence.platform.as_deref().unwrap_or(UNKNOWN_PLATFORM),
    })
}

/// Kicks the present sessions of these devices, and returns the effects. A session that begins meanwhile is a new
/// login, and stays. A device is kicked again as long as one of its connections may be open.
pub async fn kick(
    presence: &dyn TrackConnections,
    app: &AppKey,
    user: &UserId,
    devices: Vec<(DeviceId, Presence)>,
    settings: &Settings,
    now: Timestamp,
) -> Followed {
    let is_done = |known: &Presence| known.is_kicked() && known.connections().next().is_none();
    let kicks = devices.into_iter().filter(|(_, known)| !is_done(known)).map(|(device_id, known)| PresenceEvent {
        user: user.clone(),
        device_id,
        session: known.session,
        status: PresenceStatus::Kicked,
        at: now,
        platform: None,
        gateway: None,
    });
    let max = settings.max_devices.into();
    let results: Vec<Result<(PresenceEvent, Effect), StoreError>> = stream::iter(kicks.collect::<Vec<_>>())
        .map(|event| async move {
            let effect = presence.apply_to_connections(app, &event, Duration::ZERO, max).await?;
            Ok((event, effect))
        })
        .buffer_unordered(PARALLEL_DEVICES)
        .collect()
        .await;
    let (mut effects, mut failed) = (Vec::new(), None);
    for result in results {
        match result {
            Ok(done) => effects.push(done),
            Err(error) => failed = Some(error),
        }
    }
    (effects, failed)
}
