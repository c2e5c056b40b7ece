//! Callbacks: what an app's own server is told about pushes, tokens, notifiers and users.
//!
//! [`Callback`] is the setting of an app. An [`event`] is what a function queues, [`body`] what the app's server gets,
//! [`schedule`] when a failed call is made again, and [`endpoint`] when a server that fails is left alone.

pub mod body;
pub mod endpoint;
pub mod event;
pub mod schedule;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{invalid::Invalid, time::Timestamp};

/// A kind of events, as the setting names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// a push to a device ended
    Push,
    /// an offline receiver got no push
    Suppressed,
    /// a vendor reported on a notification
    Receipt,
    /// the user opened a notification
    Click,
    /// a notifier was switched on or off
    Notifier,
    /// a device token was removed because its vendor does not know it any more
    TokenRemoved,
    /// a device of a user connected or disconnected
    UserStatus,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Push,
        Self::Suppressed,
        Self::Receipt,
        Self::Click,
        Self::Notifier,
        Self::TokenRemoved,
        Self::UserStatus,
    ];

    /// Returns the name in the setting and in the body.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Suppressed => "suppressed",
            Self::Receipt => "receipt",
            Self::Click => "click",
            Self::Notifier => "notifier",
            Self::TokenRemoved => "token_removed",
            Self::UserStatus => "user_status",
        }
    }

    /// Returns whether an app that names no events gets this kind. Devices connect far more often than pushes end, so
    /// an app asks for these by name.
    pub const fn is_usual(self) -> bool {
        !matches!(self, Self::UserStatus)
    }
}

/// The fewest and most bytes of a secret.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 8..=256;

/// Checks a secret that is not in the form of Standard Webhooks. The rule never repeats the secret.
pub fn check_secret(field: &str, secret: &str) -> Result<(), Invalid> {
    if SECRET_BYTES.contains(&secret.len()) {
        return Ok(());
    }
    let (least, most) = (SECRET_BYTES.start(), SECRET_BYTES.end());
    Err(Invalid::new(field, format!("must be {least} to {most} bytes long")))
}

/// The setting `callback` of an app, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Callback {
    /// where events go, as the [guard](super::url_guard) judged it
    pub url: String,
    /// ciphertext of the secret, in base64url
    pub secret: String,
    /// ciphertext of a second secret that signs too, while the app's server changes over
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_secret: Option<String>,
    /// the kinds of events; without it the usual ones. A newer version may have stored names that this one does not know
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<String>>,
    /// identifies the secret without revealing it
    pub fingerprint: String,
    /// when the setting was last written; a callback that was switched off is on again after that
    pub set_at: Timestamp,
    /// fields that a newer version stored
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

impl Callback {
    /// Returns whether the app wants events of this kind.
    pub fn wants(&self, kind: EventKind) -> bool {
        match &self.events {
            Some(names) => names.iter().any(|name| name == kind.name()),
            None => kind.is_usual(),
        }
    }

    /// Returns the setting as the API shows it, without the secrets.
    pub fn shown(&self, off: Option<CallbackOff>) -> Value {
        let events: Vec<&str> = match &self.events {
            Some(names) => names.iter().map(String::as_str).collect(),
            None => EventKind::ALL.into_iter().filter(|kind| kind.is_usual()).map(EventKind::name).collect(),
        };
        let mut shown = Map::from_iter([
            ("url".to_owned(), json!(self.url)),
            ("events".to_owned(), json!(events)),
            ("fingerprint".to_owned(), json!(self.fingerprint)),
            ("state".to_owned(), json!("enabled")),
        ]);
        if let Some(off) = off {
            shown.insert("state".to_owned(), json!("disabled"));
            shown.insert("state_reason".to_owned(), json!("the server answered 410"));
            shown.insert("state_since".to_owned(), json!(off.at));
        }
        Value::Object(shown)
    }
}

/// The note that an app's server wants no more callbacks: it answered 410.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallbackOff {
    /// the setting that it belongs to, by [`Callback::set_at`]
    pub set_at: Timestamp,
    /// since when
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn callback(events: Option<&[&str]>) -> Callback {
        Callback {
            url: "https://push.example.com/".into(),
            secret: "c2VhbGVk".into(),
            previous_secret: Some("b2xk".into()),
            events: events.map(|names| names.iter().map(|name| (*name).to_owned()).collect()),
            fingerprint: "f00d".into(),
            set_at: Timestamp::from_millis(7),
            unknown: Map::new(),
        }
    }

    #[test]
    fn an_app_gets_the_events_that_it_names_or_the_usual_ones() {
        let wanted = |callback: &Callback| -> Vec<&str> {
            EventKind::ALL.into_iter().filter(|kind| callback.wants(*kind)).map(EventKind::name).collect()
        };
        assert_eq!(
            wanted(&callback(None)),
            ["push", "suppressed", "receipt", "click", "notifier", "token_removed"],
            "a device connects more often than a push ends"
        );
        assert_eq!(wanted(&callback(Some(&["user_status", "newer", "push"]))), ["push", "user_status"]);
        assert_eq!(wanted(&callback(Some(&[]))), [""; 0]);
    }

    #[test]
    fn no_secret_is_shown_and_a_switched_off_callback_says_why() {
        let shown = callback(Some(&["push"])).shown(None);
        let url = "https://push.example.com/";
        assert_eq!(shown, json!({"url": url, "events": ["push"], "fingerprint": "f00d", "state": "enabled"}));
        let off = CallbackOff { set_at: Timestamp::from_millis(7), at: Timestamp::from_millis(9) };
        let shown = callback(None).shown(Some(off));
        assert_eq!((&shown["state"], &shown["state_since"]), (&json!("disabled"), &json!(9)));
    }

    #[test]
    fn fields_of_a_newer_version_are_kept() {
        let mut stored = json!(callback(None));
        stored["retries"] = json!(3);
        let read: Callback = serde_json::from_value(stored.clone()).unwrap();
        assert_eq!(json!(read), stored);
    }
}
