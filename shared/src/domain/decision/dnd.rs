//! Do-not-disturb: whether the receiver wants silence now, and since which of the three settings.

use serde_json::{Value, json};

use super::Facts;
use crate::domain::{quiet::DailyWindow, time::Timestamp, zone::TimeZone};

/// Why it is silent.
pub(super) enum ActiveDnd {
    /// the daily window, on the clock of this zone
    Interval { interval: DailyWindow, zone: TimeZone, minute: u16 },
    /// for a while, in the whole app
    AppUntil(Timestamp),
    /// for a while, in this conversation
    ConversationUntil(Timestamp),
}

impl ActiveDnd {
    /// What a trace tells of it.
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

/// The first of the receiver's three silences that holds now: daily window, app, conversation.
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
