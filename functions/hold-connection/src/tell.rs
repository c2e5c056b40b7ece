//! What apps' servers are told about devices with connections to us.

use std::time::Duration;

use shared::{
    domain::{
        app::App,
        callback::event::{CallbackEvent, Happening, UserStatus},
        id::AppKey,
        presence::PresenceEvent,
    },
    lambda::{deadline::Deadline, metric::Metrics},
};

use crate::hold::HoldConnection;

/// Maximum time to read whether an app wants to be told, and to queue what it is told.
const TELLING: Duration = Duration::from_secs(1);

impl HoldConnection {
    /// Notes that a device connected or disconnected.
    pub(crate) fn tell_status(&self, app: &App, event: &PresenceEvent) {
        self.callbacks.add(app, || {
            let PresenceEvent { user, device_id, platform, status, at, .. } = event.clone();
            CallbackEvent::new(at, Happening::UserStatus(UserStatus { user, device_id, platform, status }))
        });
    }

    /// Notes the same for an app whose configuration may be unknown.
    pub(crate) async fn tell_status_of(&self, app: &AppKey, event: &PresenceEvent) {
        match Deadline::after(TELLING).wait(self.configs.get(app)).await {
            Some(Ok(Some(config))) => self.tell_status(&config.app, event),
            Some(Ok(None)) => {}
            _ => tracing::warn!(%app, "an event for the app's server is lost: the configuration cannot be read"),
        }
    }

    /// Queues what was noted so far.
    pub(crate) async fn tell(&self, deadline: Deadline, metrics: &Metrics) {
        self.callbacks.flush(Deadline::after(TELLING).min(deadline), Some(metrics)).await;
    }
}
