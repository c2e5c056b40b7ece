//! Do-not-disturb: whether it applies now, and which of the receiver's three settings causes it.

use serde_json::{Value, json};

use super::Facts;
use crate::domain::{quiet::DailyWindow, time::Timestamp, zone::TimeZone};

/// The setting that applies.
pub(super) enum ActiveDnd {
    /// the daily window, in this time zone
    Interval { interval: DailyWindow, zone: TimeZone, minute: u16 },
    /// the whole app, until this time
    AppUntil(Timestamp),
    /// this conversation, until this time
    ConversationUntil(Timestamp),
}

impl ActiveDnd {
    /// Returns the trace inputs.
    pub(super) fn inputs(&self) -> Value {
        match self {
            Self::Interval { interval, zone, minute } => json!({
                "interval": interval,
                "time_zone": zone,
                "local_time": format!("{:02}:{:02}", minute / 60, minute % 60),
            }),
            Self::AppUntil(until) => json!({"level": "app", "until": until}),
            Self::ConversationUntil(until) => json!({"level": "conversation", "until": until}),
        }
    }
}

/// Returns the first do-not-disturb setting that applies now, in the order daily window, app, conversation.
pub(super) fn active(facts: &Facts, default_zone: &TimeZone, now: Timestamp) -> Option<ActiveDnd> {
    let app = facts.profile.advanced.app;
    let holds = |until: &Timestamp| now < *until;
    let in_window = app.interval.and_then(|interval| {
        let zone = facts.profile.zone.as_ref().unwrap_or(default_zone);
        let minute = zone.minute_of_day(now);
        interval.covers(minute).then(|| ActiveDnd::Interval { interval, zone: zone.clone(), minute })
    });
    in_window
        .or_else(|| app.ignore_until.filter(holds).map(ActiveDnd::AppUntil))
        .or_else(|| facts.conversation.ignore_until.filter(holds).map(ActiveDnd::ConversationUntil))
}
